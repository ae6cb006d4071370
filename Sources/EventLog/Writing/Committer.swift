internal import JourneyModel

/// What a commit changes beside the database: kept by the writer's thread alone.
struct CommitState {
    /// The identities of the last events; those of the others are in ``IdentityRuns``.
    var identities: IdentityIndex
    var subjects: RecentSubjects
    var symbols: SymbolTable
    /// Symbols below this number are in the live epoch, and those below the other there or in the journal.
    var storedSymbols: Int
    var journaledSymbols: Int
    /// Where small commits go first; nil where there can be none.
    var journal: Journal?
    /// What becomes of the journal's other half, where it is being moved into the epoch.
    var moving: JournalMover.Outcome?
    var tail: Position
    var recordedAt: Timestamp
    /// With a position it makes a nonce that is used once: random at each start, another one whenever a position is taken back.
    var salt = UInt32.random(in: .min ... .max)
}

/// One commit: the records to be written, and the changes to the state that go with them.
struct Commit: ~Copyable {
    private let log: EventLog
    /// The records.
    private(set) var chunk: RecordChunk
    private let hash: IdentityHash
    private let older: IdentityRuns.Snapshot
    private let keys: KeyRing?
    private var inserted: [UInt64] = []
    // Types and sources come in runs; the last of each is most often the next one, too.
    private var lastType: (text: [UInt8], symbol: UInt32)?
    private var lastSource: (text: [UInt8], symbol: UInt32)?

    init(log: EventLog, after tail: Position, hash: IdentityHash, older: IdentityRuns.Snapshot) {
        (self.log, self.hash, self.older) = (log, hash, older)
        chunk = RecordChunk(first: tail + 1)
        keys = log.sealingKeys
    }

    /// Takes room for what `requests` most often need. As JSON, an event is longer than its record.
    mutating func reserve(for requests: [AppendRequest]) {
        let events = requests.reduce(0) { $0 + $1.batch.drafts.count }
        chunk.reserve(bytes: requests.reduce(0) { $0 + $1.batch.bytes.count }, records: events)
        inserted.reserveCapacity(events)
    }

    /// Stores the events of `request` that are new.
    ///
    /// - Returns: what became of each, or for a request that is all or none the first conflict, with nothing of it stored.
    mutating func apply(
        _ request: AppendRequest, _ state: inout CommitState
    ) throws(CommitError) -> Result<AppendOutcome, AppendFailure> {
        if let expectation = request.expectation, let failure = try check(expectation, request, state) {
            return .failure(failure)
        }
        let tail = state.tail
        var outcome = AppendOutcome()
        let bytes = request.batch.bytes
        prefetch(request.hashes, state)
        for (index, draft) in request.batch.drafts.enumerated() {
            let hashes = request.hashes[index]
            if let twin = try twin(of: draft, hashes.identity, bytes, state) {
                guard twin.isSame else {
                    let conflict = Conflict(index: index, position: twin.position)
                    guard request.isAtomic else {
                        outcome.conflicts.append(conflict)
                        continue
                    }
                    undo(to: tail, &state)
                    return .failure(.conflict(conflict))
                }
                outcome.duplicates += 1
                outcome.duplicated.append(index)
                outcome.include(twin.position)
            } else {
                try store(draft, hashes, of: request.batch, emitter: request.emitter, &state)
                outcome.appended += 1
                outcome.include(state.tail)
            }
        }
        return .success(outcome)
    }

    /// Takes the state back to where it was before this commit, whose transaction failed.
    mutating func undo(to tail: Position, _ state: inout CommitState) {
        while state.tail > tail { forgetLast(&state) }
    }

    private mutating func forgetLast(_ state: inout CommitState) {
        if let identity = inserted.popLast() { state.identities.remove(identity, state.tail) }
        chunk.removeLast()
        state.tail -= 1
        // The position will be used again: what was sealed with it may be in pages that the failed commit wrote.
        state.salt &+= 1
        state.subjects.takeBack(to: state.tail)
    }

    /// What is looked for under hashes lies all over memory: asked for together, it is waited for once.
    private func prefetch(_ hashes: [EventHashes], _ state: borrowing CommitState) {
        for hash in hashes {
            state.identities.prefetch(hash.identity)
            older.prefetch(hash.identity)
        }
    }

    /// Why the expectation is not met, if so. A request that is stored already in full is answered as before, whatever came after it.
    private func check(
        _ expectation: Expectation, _ request: AppendRequest, _ state: borrowing CommitState
    ) throws(CommitError) -> AppendFailure? {
        guard state.subjects.reaches(back: expectation.through) else { return .log(.overloaded) }
        let behind = state.subjects.lastPosition(hash.subject(expectation.subject.span), after: expectation.through)
        let last = behind ?? expectation.known
        if last == expectation.position { return nil }
        for (draft, hashes) in zip(request.batch.drafts, request.hashes) {
            let twin = try twin(of: draft, hashes.identity, request.batch.bytes, state)
            if twin?.isSame != true { return .unexpected(last) }
        }
        return request.batch.drafts.isEmpty ? .unexpected(last) : nil
    }

    /// The stored event that has the draft's source and id, and whether it is the same event in full.
    private func twin(
        of draft: EventBatch.Draft, _ identity: UInt64, _ bytes: [UInt8], _ state: borrowing CommitState
    ) throws(CommitError) -> (position: Position, isSame: Bool)? {
        // Positions under one hash are nearly always none or one.
        var candidates: [Position] = []
        state.identities.each(identity) { candidates.append($0) }
        do throws(LogError) { try older.each(identity) { candidates.append($0) } } catch { throw .identities(error) }
        for position in candidates {
            // The index may still know what retention took away.
            guard position >= log.first, let stored = try stored(position) else { continue }
            // Not to be taken for another event: that would store this one twice.
            let span = stored.span
            let record: EventRecord
            do throws(LogError) { record = try EventRecord(span, position: position) } catch { throw .log(error) }
            guard Commit.equal(span, record.id, bytes, draft.id),
                Commit.isName(record.source, record.sourceText, of: span, bytes, draft.source, state.symbols)
            else { continue }
            let isOfType = Commit.isName(record.type, record.typeText, of: span, bytes, draft.type, state.symbols)
            return (position, isOfType ? try isSame(span, record, bytes, draft) : false)
        }
        return nil
    }

    /// Whether a stored type or source is the draft's. The symbols are the writer's own, which has those of this very commit, too.
    private static func isName(
        _ symbol: UInt32, _ text: Range<Int>, of stored: Span<UInt8>, _ bytes: [UInt8], _ slice: EventBatch.Slice,
        _ symbols: borrowing SymbolTable
    ) -> Bool {
        if symbol == EventRecord.unlisted { return equal(stored, text, bytes, slice) }
        return symbols.symbol(bytes.span.extracting(slice.range)) == symbol
    }

    private func stored(_ position: Position) throws(CommitError) -> [UInt8]? {
        if position >= chunk.first { return chunk.record(position) }
        do throws(LogError) { return try log.bytes(at: position) } catch { throw .log(error) }
    }

    private mutating func store(
        _ draft: EventBatch.Draft, _ hashes: EventHashes, of batch: EventBatch, emitter: UInt32, _ state: inout CommitState
    ) throws(CommitError) {
        let bytes = batch.bytes
        let stamp = EventRecord.Stamp(
            position: state.tail + 1, recordedAt: state.recordedAt, emitter: emitter,
            type: Commit.symbol(bytes, draft.type, last: &lastType, &state.symbols),
            source: Commit.symbol(bytes, draft.source, last: &lastSource, &state.symbols))
        if draft.isPersonal, let keys {
            var texts: [UInt8] = []
            do throws(LogError) {
                let seal = try SealedText(draft, of: batch, position: stamp.position, salt: state.salt, keys)
                let text = RecordText(draft, of: bytes, seal, into: &texts)
                chunk.append(text, of: texts, stamp)
            } catch {
                throw .log(error)
            }
        } else {
            chunk.append(RecordText(draft), of: bytes, stamp)
        }
        state.tail = stamp.position
        state.identities.insert(hashes.identity, stamp.position)
        state.subjects.add(hashes.subject)
        inserted.append(hashes.identity)
    }

    private static func symbol(
        _ bytes: [UInt8], _ slice: EventBatch.Slice, last: inout (text: [UInt8], symbol: UInt32)?, _ symbols: inout SymbolTable
    ) -> UInt32 {
        let name = bytes.span.extracting(slice.range)
        if let last, last.text.span.isEqual(to: name) { return last.symbol }
        let isFull = symbols.count >= Int(EventRecord.unlisted)
        let symbol = (isFull ? symbols.symbol(name) : symbols.intern(name)?.symbol) ?? EventRecord.unlisted
        last = (name.bytes(), symbol)
        return symbol
    }

    private static func equal(_ stored: Span<UInt8>, _ range: Range<Int>, _ bytes: [UInt8], _ slice: EventBatch.Slice) -> Bool {
        stored.extracting(range).isEqual(to: bytes.span.extracting(slice.range))
    }

    /// Whether a sender who repeats himself could have written both: texts equal, JSON equal in meaning, also where one is the other in a
    /// newer version, as in an export that comes back. What was erased cannot be compared any more; under its source and id it is taken for
    /// the same, so that it does not come back.
    private func isSame(
        _ stored: Span<UInt8>, _ record: EventRecord, _ bytes: [UInt8], _ draft: EventBatch.Draft
    ) throws(CommitError) -> Bool {
        guard record.timeIsReceipt == draft.timeIsReceipt, record.timeIsReceipt || record.time == draft.time else { return false }
        let extensions = stored.extracting(record.extensions).bytes()
        guard !record.sealed.isEmpty else {
            return Commit.equal(stored, record.subject, bytes, draft.subject) && Commit.equal(stored, record.account, bytes, draft.account)
                && isSame(extensions, stored.extracting(record.data).bytes(), bytes, draft)
        }
        let opened: SealedText.Texts?
        do throws(LogError) { opened = try log.opened(record, stored) } catch { throw .log(error) }
        guard let opened else { return Commit.sameJSON(Commit.object(extensions), Commit.object(Array(bytes[draft.extensions.range]))) }
        return opened.subject.elementsEqual(bytes[draft.subject.range]) && opened.account.elementsEqual(bytes[draft.account.range])
            && isSame(extensions, opened.data, bytes, draft)
    }

    /// Whether extension attributes and data mean the same.
    private func isSame(_ extensions: [UInt8], _ data: [UInt8], _ bytes: [UInt8], _ draft: EventBatch.Draft) -> Bool {
        var left = (extensions: extensions, data: data)
        var right = (extensions: Array(bytes[draft.extensions.range]), data: Array(bytes[draft.data.range]))
        if left == right { return true }
        let type = String(decoding: bytes[draft.type.range], as: UTF8.self)
        if let upcaster = log.options.upcasters[type] {
            left = upcaster.current(type, extensions: left.extensions, data: left.data) ?? left
            right = upcaster.current(type, extensions: right.extensions, data: right.data) ?? right
        }
        return Commit.sameJSON(left.data, right.data)
            && Commit.sameJSON(Commit.object(left.extensions), Commit.object(right.extensions))
    }

    private static func object(_ members: [UInt8]) -> [UInt8] {
        [UInt8(ascii: "{")] + members + [UInt8(ascii: "}")]
    }

    private static func sameJSON(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        if left == right { return true }
        guard let first = try? JSONValue(left.span).canonicalText, let second = try? JSONValue(right.span).canonicalText else {
            return false
        }
        return first == second
    }
}

/// Why a commit failed as a whole.
enum CommitError: Error {
    case log(LogError)
    /// The index of identities is damaged: it is made again, and the commit tried again.
    case identities(LogError)
}
