package import JourneyModel
internal import LMDB
internal import Synchronization

/// The append-only log: every event that was ever acknowledged, in one total order, each once.
///
/// `append` hands events to the writer's thread; `read` walks stored ones. Positions begin at 1 and have no gaps.
package final class EventLog: Sendable {
    /// What a log may take.
    package struct Options: Sendable {
        /// Address space reserved for an epoch's file, in bytes.
        package var mapSize = 1 << 38
        /// Bytes of disk that the log may use; appends are refused beyond.
        package var quota = Int.max

        package init() {}
    }

    private static let readRecords = 100_000
    private static let readTime = Duration.seconds(1)

    private let directory: DataDirectory
    private let environment: Environment
    private let events: Database
    private let symbolNames: Database
    private let options: Options
    private let writer = LogWriter()
    private let tailPosition: Atomic<Position>
    private let symbols: Mutex<SymbolTable>
    private let observers = Mutex<[@Sendable (Position) -> Void]>([])
    private let latched = Mutex<String?>(nil)
    private let duplicates = Atomic<Int>(0)
    private let thread = Mutex<DedicatedThread?>(nil)

    /// Opens the log in `directory`, creating it where there is none, and rebuilds the index of identities from it.
    /// Until ``close()`` its writer's thread keeps it alive.
    ///
    /// - Complexity: O(events), about 0.4 s a million.
    package init(directory: DataDirectory, options: Options = Options()) throws(LogError) {
        self.directory = directory
        self.options = options
        let path = try directory.directory("log/00000001")
        do throws(LMDBError) {
            environment = try Environment(directory: path, mapSize: options.mapSize, databases: 4)
            events = try environment.database("events")
            symbolNames = try environment.database("symbols")
        } catch {
            guard error.kind == .damaged else { throw LogError(error) }
            throw .unusable("\(path) is not a log of this program or is damaged (\(error)); restore it from a backup")
        }
        try DataDirectory.flush(path)
        let state = try EventLog.load(environment, events, symbolNames)
        tailPosition = Atomic(state.tail)
        symbols = Mutex(state.symbols)
        // Handed over, not copied: two owners of the index would mean a copy of it at the first commit.
        let handover = Handover(state)
        let thread = DedicatedThread(name: "log-writer") { [self] in
            guard var state = handover.take() else { return }
            while commitNext(&state) {}
        }
        self.thread.withLock { $0 = thread }
    }

    /// The position of the last event that is stored; zero in an empty log.
    package var tail: Position { tailPosition.load(ordering: .acquiring) }

    /// Bytes of disk in use.
    package var bytes: Int { environment.usedBytes }

    /// How many events wait to be written.
    package var waiting: Int { writer.waiting }

    /// How many events were sent again since the start.
    package var duplicatesSinceStart: Int { duplicates.load(ordering: .relaxed) }

    /// Why the log takes no events any more, if it does not.
    package var readOnlyReason: String? { latched.withLock { $0 } }

    /// Queues events for storing. The request's completion is called after the flush.
    ///
    /// - Throws: `.overloaded`, `.closed` or `.readOnly`; the completion is then not called.
    package func append(_ request: AppendRequest) throws(LogError) {
        if let reason = readOnlyReason { throw .readOnly(reason) }
        try writer.submit(request)
    }

    /// Calls `observer` after each commit with the new tail, on the writer's thread: it must not block.
    package func observe(_ observer: @escaping @Sendable (Position) -> Void) {
        observers.withLock { $0.append(observer) }
    }

    /// The text of a symbol of a record.
    package func symbol(_ symbol: UInt32) -> String {
        symbols.withLock { $0.count > Int(symbol) ? $0.text(symbol) : "" }
    }

    /// Stores what waits, and ends the writer.
    package func close() {
        writer.close()
        thread.withLock { $0 }?.join()
    }

    /// Calls `body` with the stored events behind `position`, in order, until it returns false.
    ///
    /// The snapshots it reads from are short (100,000 records or a second), so a long walk holds up nobody.
    /// - Throws: ``LogError/damaged(position:reason:)`` at the first record that is not what was written, or is missing.
    package func read(
        after position: Position, _ body: (_ record: EventRecord, _ bytes: Span<UInt8>) -> Bool
    ) throws(LogError) {
        var next = position + 1
        var goesOn = true
        while goesOn, next <= tail {
            var failure: LogError?
            let end = ContinuousClock.now + EventLog.readTime
            var left = EventLog.readRecords
            do throws(LMDBError) {
                try environment.read { transaction throws(LMDBError) in
                    try transaction.scan(events, from: .number(next)) { (key, value) in
                        do throws(LogError) {
                            let found = Key.number(key)
                            guard found == next else { throw .damaged(position: next, reason: "it is missing; the next is \(found)") }
                            goesOn = body(try EventRecord(value, position: next), value)
                        } catch {
                            failure = error
                            return false
                        }
                        next += 1
                        left -= 1
                        // The clock is looked at now and then: reading it costs as much as reading a record.
                        return goesOn && left > 0 && (left % 1024 != 0 || ContinuousClock.now < end)
                    }
                }
            } catch {
                throw LogError(error)
            }
            if let failure { throw failure }
        }
    }

    /// The event at `position`, or nil where there is none.
    package func event(at position: Position) throws(LogError) -> StoredEvent? {
        guard position > 0, position <= tail else { return nil }
        var event: StoredEvent?
        try read(after: position - 1) { (record, bytes) in
            event = self.event(record, bytes)
            return false
        }
        return event
    }

    /// The event that a record holds, copied out.
    package func event(_ record: EventRecord, _ bytes: Span<UInt8>) -> StoredEvent {
        func text(_ range: Range<Int>) -> String {
            String(decoding: bytes.extracting(range).bytes(), as: UTF8.self)
        }
        return StoredEvent(
            position: record.position, time: record.time, recordedAt: record.recordedAt, timeIsReceipt: record.timeIsReceipt,
            emitter: record.emitter, source: symbol(record.source), type: symbol(record.type), id: text(record.id),
            subject: text(record.subject), account: record.account.isEmpty ? nil : text(record.account),
            extensions: bytes.extracting(record.extensions).bytes(), data: bytes.extracting(record.data).bytes())
    }
}

// MARK: - The writer's side

extension EventLog {
    private static func load(_ environment: Environment, _ events: Database, _ names: Database) throws(LogError) -> CommitState {
        var symbols = SymbolTable()
        var identities = IdentityIndex()
        var tail: Position = 0
        var recordedAt = Timestamp(microseconds: 0)
        var failure: LogError?
        do throws(LMDBError) {
            try environment.read { transaction throws(LMDBError) in
                try transaction.scan(names, from: .number(0)) { (_, name) in
                    _ = symbols.intern(name)
                    return true
                }
                try transaction.scan(events, from: .number(0)) { (key, value) in
                    do throws(LogError) {
                        let record = try EventRecord(value, position: Key.number(key))
                        guard record.position == tail + 1 else { throw .damaged(position: tail + 1, reason: "it is missing") }
                        let id = value.extracting(record.id)
                        identities.insert(symbols.withBytes(record.source) { EventBatch.identity(source: $0, id: id) }, record.position)
                        (tail, recordedAt) = (record.position, max(recordedAt, record.recordedAt))
                    } catch {
                        failure = error
                    }
                    return failure == nil
                }
            }
        } catch {
            throw LogError(error)
        }
        if let failure { throw failure }
        return CommitState(
            identities: identities, symbols: symbols, storedSymbols: symbols.count, tail: tail, recordedAt: recordedAt)
    }

    /// Commits what waits.
    ///
    /// - Returns: false when the queue is closed and empty.
    private func commitNext(_ state: inout CommitState) -> Bool {
        let requests = writer.next()
        guard !requests.isEmpty else { return false }
        do throws(LogError) {
            let results = try commit(requests, &state)
            tailPosition.store(state.tail, ordering: .releasing)
            let tail = state.tail
            for observer in observers.withLock({ $0 }) { observer(tail) }
            for (request, result) in zip(requests, results) {
                if case .success(let outcome) = result { duplicates.add(outcome.duplicates, ordering: .relaxed) }
                request.completion(result)
            }
        } catch {
            if case .readOnly(let reason) = error { latched.withLock { $0 = reason } }
            for request in requests { request.completion(.failure(.log(error))) }
        }
        return true
    }

    private func commit(
        _ requests: [AppendRequest], _ state: inout CommitState
    ) throws(LogError) -> [Result<AppendOutcome, AppendFailure>] {
        if let reason = readOnlyReason { throw .readOnly(reason) }
        let incoming = requests.reduce(0) { $0 + $1.batch.bytes.count }
        guard environment.usedBytes <= options.quota - min(options.quota, incoming) else {
            throw .full("its quota of \(options.quota) bytes is used up")
        }
        let tail = state.tail
        guard tail + Position(requests.reduce(0) { $0 + $1.batch.drafts.count }) <= IdentityIndex.maximumPosition else {
            throw .full("it holds \(tail) events, the most this version can index")
        }
        state.recordedAt = max(state.recordedAt, .now)
        var commit = Commit(events: events)
        do throws(LMDBError) {
            let results = try environment.write { transaction throws(LMDBError) in
                var results: [Result<AppendOutcome, AppendFailure>] = []
                for request in requests { results.append(try commit.apply(request, transaction, &state)) }
                try storeSymbols(transaction, state)
                return results
            }
            if state.symbols.count > state.storedSymbols {
                state.storedSymbols = state.symbols.count
                symbols.withLock { $0 = state.symbols }
            }
            return results
        } catch {
            commit.undo(to: tail, &state)
            throw LogError(error)
        }
    }

    private func storeSymbols(_ transaction: borrowing WriteTransaction, _ state: borrowing CommitState) throws(LMDBError) {
        for symbol in state.storedSymbols..<state.symbols.count {
            let name = state.symbols.withBytes(UInt32(symbol)) { $0.bytes() }
            try transaction.put(symbolNames, .number(UInt64(symbol)), name.span)
        }
    }
}

/// Passes the writer's state to the writer's thread.
private final class Handover: Sendable {
    private let state: Mutex<CommitState?>

    init(_ state: consuming CommitState) {
        self.state = Mutex(state)
    }

    func take() -> CommitState? {
        state.withLock { $0.take() }
    }
}
