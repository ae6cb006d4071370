internal import JourneyModel
internal import LMDB
internal import Synchronization

/// The writer's side of the log: runs on the writer's thread alone.
extension EventLog {
    /// Reads the identities that no run covers, then commits what comes until the queue is closed.
    func runWriter(_ end: LogEnd) {
        var state = CommitState(
            identities: IdentityIndex(after: end.tail), subjects: RecentSubjects(after: end.tail), symbols: end.symbols,
            storedSymbols: end.storedSymbols, journaledSymbols: end.symbols.count, tail: end.tail, recordedAt: end.recordedAt)
        openJournal(end.journal, &state)
        do throws(LogError) {
            try loadIdentities(&state)
        } catch {
            // Without them an event could be stored twice.
            latched.withLock { $0 = "the identities of stored events cannot be read: \(error)" }
        }
        keeper.begin()
        while commitNext(&state) {}
        storeAtLeisure(&state)
        mover.end()
    }

    /// The writer of a log that takes nothing: it only says that it is there.
    func runIdleWriter() {
        while let requests = writer.next(), !requests.isEmpty {
            for request in requests { if case .sign(let body) = request.order { body() } }
        }
        mover.end()
    }

    private func loadIdentities(_ state: inout CommitState) throws(LogError) {
        let covered = max(runs.covered ?? 0, first - 1)
        var table = IdentityIndex(after: covered)
        var failure: LogError?
        try readStored(after: covered) { (record, bytes) in
            table.insert(identity(record, bytes), record.position)
            if runs.isFull(table) {
                runs.freeze(table)
                table = IdentityIndex(after: record.position)
                do throws(LogError) { while try runs.writeNext() {} } catch { failure = error }
            }
            return failure == nil
        }
        if let failure { throw failure }
        state.identities = table
    }

    /// The hash of a stored event's identity.
    func identity(_ record: EventRecord, _ bytes: Span<UInt8>) -> UInt64 {
        let source = record.source == EventRecord.unlisted ? bytes.extracting(record.sourceText).bytes() : Array(symbol(record.source).utf8)
        return unsafe bytes.extracting(record.id).withUnsafeBytes { id in
            unsafe source.withUnsafeBytes { source in unsafe hash(source: source, id: id) }
        }
    }

    /// Commits what waits.
    ///
    /// - Returns: false when the queue is closed and empty.
    private func commitNext(_ state: inout CommitState) -> Bool {
        // A while in which nothing comes is one to move the journal on in.
        guard let requests = writer.next(within: recent.bytes > 0 ? options.leisure : nil) else {
            moveOnAtLeisure(&state)
            return true
        }
        guard !requests.isEmpty else { return false }
        do throws(LogError) {
            try takeMoved(&state, waits: false)
            if let reason = readOnlyReason { throw .readOnly(reason) }
            try prepare(requests, &state)
            let (before, start) = (state.tail, ContinuousClock.now)
            let results = try commitRepairing(requests, &state)
            commitDurations.add(Int(start.duration(to: .now) / .microseconds(1)))
            commitSizes.add(Int(state.tail - before))
            tailPosition.store(state.tail, ordering: .releasing)
            // Who waits comes first: those who follow take their time, and the processor with it.
            for (request, result) in zip(requests, results) {
                if case .success(let outcome) = result { duplicates.add(outcome.duplicates, ordering: .relaxed) }
                if request.order == nil { request.complete(result) }
            }
            if state.tail > before { for observer in observers.withLock({ $0 }) { observer(state.tail) } }
            if let last = requests.last, let order = last.order { last.complete(carryOut(order, &state)) }
            if let journal = state.journal, recent.bytes > journal.comfortable, writer.waiting == 0 { _ = moveOn(&state) }
        } catch {
            latch(error)
            do throws(LogError) { try takeMoved(&state, waits: true) } catch { latch(error) }
            for request in requests {
                switch request.order {
                case .pause(let body): body(recent.stored)
                case .find(let identity, let body): body(state.identities.positions(identity))
                case .sign(let body): body()
                case .endEpoch, .erase, nil: request.complete(.failure(.log(error)))
                }
            }
        }
        return true
    }

    private func carryOut(_ order: AppendRequest.Order, _ state: inout CommitState) -> Result<AppendOutcome, AppendFailure> {
        do throws(LogError) {
            switch order {
            case .endEpoch: if let live = epochs.all.last, state.tail >= live.first { try roll(&state) }
            case .erase(let plan):
                let erasure = Erasure(
                    time: .now, position: state.tail, journeys: 1, subjects: plan.subjects.count, events: plan.positions.count)
                try keys?.erase(plan.points, erasure)
            case .pause(let body):
                // Where it cannot be moved on, what is in the epochs is a state of the log, too.
                storeAtLeisure(&state)
                body(recent.stored)
            case .find(let identity, let body): body(state.identities.positions(identity))
            case .sign(let body): body()
            }
            return .success(AppendOutcome())
        } catch {
            return .failure(.log(error))
        }
    }

    /// Makes room: a table that is full goes to the keeper, an epoch that is full or old ends.
    private func prepare(_ requests: [AppendRequest], _ state: inout CommitState) throws(LogError) {
        let incoming = requests.reduce(0) { $0 + $1.batch.bytes.count }
        guard bytes <= options.quota - min(options.quota, incoming) else {
            throw .full("its quota of \(options.quota) bytes is used up")
        }
        if runs.isFull(state.identities) {
            // The queue is bounded, too: while the writer waits here, senders are told to.
            while !runs.waitForRoom() {
                if let reason = keepersTrouble { throw .full("its index cannot be written: \(reason)") }
                keeper.wake()
            }
            runs.freeze(state.identities)
            state.identities = IdentityIndex(after: state.tail)
            keeper.wake()
        }
        guard let live = epochs.all.last, state.tail >= live.first else { return }
        // What is still in the journal belongs to it.
        if live.bytes + recent.bytes >= options.epochBytes || isOld(live) { try roll(&state) }
    }

    private func isOld(_ live: Epoch) -> Bool {
        // The age counts from the epoch's making, which its `about` tells: no event in it is older.
        guard let made = live.madeAt else { return false }
        return Timestamp.now.microseconds - made.microseconds > Int64(options.epochAge) * 1_000_000
    }

    private func roll(_ state: inout CommitState) throws(LogError) {
        try store(nil, &state)
        let (names, ended) = (state.symbols, epochs.all.last)
        try epochs.roll(at: state.tail, mapSize: options.mapSize) { storage throws(LogError) in
            do throws(LMDBError) {
                try storage.environment.write { transaction throws(LMDBError) in try storage.put(names, from: 0, transaction) }
            } catch {
                throw LogError(error)
            }
        }
        if let ended, let next = epochs.all.last { liveDigest.roll(from: ended, at: state.tail, to: next) }
        (state.storedSymbols, state.journaledSymbols) = (state.symbols.count, state.symbols.count)
        keeper.wake()
    }

    /// Commits, and where the index of identities turns out to be damaged makes it anew from the log first.
    private func commitRepairing(
        _ requests: [AppendRequest], _ state: inout CommitState
    ) throws(LogError) -> [Result<AppendOutcome, AppendFailure>] {
        do throws(CommitError) {
            return try commit(requests, &state)
        } catch {
            switch error {
            case .log(let error): throw error
            case .identities: runs.drop()
            }
        }
        try loadIdentities(&state)
        do throws(CommitError) {
            return try commit(requests, &state)
        } catch {
            switch error {
            case .log(let error), .identities(let error): throw error
            }
        }
    }

    private func commit(
        _ requests: [AppendRequest], _ state: inout CommitState
    ) throws(CommitError) -> [Result<AppendOutcome, AppendFailure>] {
        let before = state.tail
        state.recordedAt = max(state.recordedAt, .now)
        var commit = Commit(log: self, after: state.tail, hash: hash, older: runs.snapshot)
        commit.reserve(for: requests)
        do throws(CommitError) {
            var results: [Result<AppendOutcome, AppendFailure>] = []
            for request in requests { results.append(try commit.apply(request, &state)) }
            do throws(LogError) { try write(commit.chunk, &state) } catch { throw .log(error) }
            return results
        } catch {
            commit.undo(to: before, &state)
            throw error
        }
    }
}
