internal import JourneyModel
internal import LMDB

/// What a commit changes beside the database: kept by the writer's thread alone.
struct CommitState {
    var identities = IdentityIndex()
    var symbols: SymbolTable
    /// Symbols below this number are in the database.
    var storedSymbols: Int
    var tail: Position
    var recordedAt: Timestamp
}

/// One commit: a write transaction and the changes to the state that go with it.
struct Commit: ~Copyable {
    private let events: Database
    private var inserted: [(identity: UInt64, position: Position)] = []
    // Types and sources come in runs; the last of each is most often the next one, too.
    private var lastType: (text: [UInt8], symbol: UInt32)?
    private var lastSource: (text: [UInt8], symbol: UInt32)?

    init(events: Database) {
        self.events = events
    }

    /// Stores the events of `request` that are new.
    ///
    /// - Returns: what became of each, or for a request that is all or none the first conflict, with nothing of it stored.
    mutating func apply(
        _ request: AppendRequest, _ transaction: borrowing WriteTransaction, _ state: inout CommitState
    ) throws(LMDBError) -> Result<AppendOutcome, AppendFailure> {
        let (tail, count) = (state.tail, inserted.count)
        var outcome = AppendOutcome()
        let bytes = request.batch.bytes
        for (index, draft) in request.batch.drafts.enumerated() {
            if let twin = try twin(of: draft, bytes, transaction, state) {
                guard twin.isSame else {
                    let conflict = Conflict(index: index, position: twin.position)
                    guard request.isAtomic else {
                        outcome.conflicts.append(conflict)
                        continue
                    }
                    try takeBack(to: tail, count, transaction, &state)
                    return .failure(.conflict(conflict))
                }
                outcome.duplicates += 1
                outcome.include(twin.position)
            } else {
                try store(draft, bytes, emitter: request.emitter, transaction, &state)
                outcome.appended += 1
                outcome.include(state.tail)
            }
        }
        return .success(outcome)
    }

    /// Takes the state back to where it was before this commit, whose transaction failed.
    mutating func undo(to tail: Position, _ state: inout CommitState) {
        for entry in inserted { state.identities.remove(entry.identity, entry.position) }
        inserted = []
        state.tail = tail
    }

    private mutating func takeBack(
        to tail: Position, _ count: Int, _ transaction: borrowing WriteTransaction, _ state: inout CommitState
    ) throws(LMDBError) {
        while state.tail > tail {
            try transaction.delete(events, .number(state.tail))
            state.tail -= 1
        }
        for entry in inserted[count...] { state.identities.remove(entry.identity, entry.position) }
        inserted.removeSubrange(count...)
    }

    /// The stored event that has the draft's source and id, and whether it is the same event in full.
    private func twin(
        of draft: EventBatch.Draft, _ bytes: [UInt8], _ transaction: borrowing WriteTransaction, _ state: borrowing CommitState
    ) throws(LMDBError) -> (position: Position, isSame: Bool)? {
        guard let source = state.symbols.symbol(bytes.span.extracting(draft.source.range)) else { return nil }
        var isSame = false
        // The closure cannot borrow a borrowed transaction; positions under one hash are nearly always none or one.
        var candidates: [Position] = []
        _ = state.identities.first(draft.identity) { position in
            candidates.append(position)
            return false
        }
        for position in candidates {
            let isTwin = try transaction.value(events, .number(position)) { stored throws(LMDBError) in
                // Not to be taken for another event: that would store this one twice.
                guard let record = try? EventRecord(stored, position: position) else { throw .damaged }
                guard record.source == source, Commit.equal(stored, record.id, bytes, draft.id) else { return false }
                let type = state.symbols.symbol(bytes.span.extracting(draft.type.range))
                isSame = record.type == type && Commit.isSame(stored, record, bytes, draft)
                return true
            }
            if isTwin == true { return (position, isSame) }
        }
        return nil
    }

    private mutating func store(
        _ draft: EventBatch.Draft, _ bytes: [UInt8], emitter: UInt32, _ transaction: borrowing WriteTransaction,
        _ state: inout CommitState
    ) throws(LMDBError) {
        let type = Commit.symbol(bytes, draft.type, last: &lastType, &state.symbols)
        let source = Commit.symbol(bytes, draft.source, last: &lastSource, &state.symbols)
        let position = state.tail + 1
        let recordedAt = state.recordedAt
        try unsafe transaction.append(events, .number(position), count: EventRecord.size(draft)) { target in
            unsafe bytes.withUnsafeBytes { bytes in
                unsafe EventRecord.write(
                    draft, of: bytes, position: position, recordedAt: recordedAt, emitter: emitter, type: type, source: source,
                    into: target)
            }
        }
        state.identities.insert(draft.identity, position)
        inserted.append((draft.identity, position))
        state.tail = position
    }

    private static func symbol(
        _ bytes: [UInt8], _ slice: EventBatch.Slice, last: inout (text: [UInt8], symbol: UInt32)?, _ symbols: inout SymbolTable
    ) -> UInt32 {
        let text = bytes[slice.range]
        if let last, last.text.elementsEqual(text) { return last.symbol }
        // Nil only at 4 GiB of type and source names; Int32's worth of them is refused long before.
        let symbol = symbols.intern(bytes.span.extracting(slice.range))?.symbol ?? 0
        last = (Array(text), symbol)
        return symbol
    }

    private static func equal(_ stored: Span<UInt8>, _ range: Range<Int>, _ bytes: [UInt8], _ slice: EventBatch.Slice) -> Bool {
        guard range.count == slice.range.count else { return false }
        let start = Int(slice.start)
        for offset in 0..<range.count where stored[range.lowerBound + offset] != bytes[start + offset] { return false }
        return true
    }

    /// Whether a sender who repeats himself could have written both: texts equal, JSON equal in meaning.
    private static func isSame(_ stored: Span<UInt8>, _ record: EventRecord, _ bytes: [UInt8], _ draft: EventBatch.Draft) -> Bool {
        guard equal(stored, record.subject, bytes, draft.subject), equal(stored, record.account, bytes, draft.account),
            record.timeIsReceipt == draft.timeIsReceipt, record.timeIsReceipt || record.time == draft.time
        else { return false }
        return sameJSON(stored, record.data, bytes, draft.data, isMembers: false)
            && sameJSON(stored, record.extensions, bytes, draft.extensions, isMembers: true)
    }

    private static func sameJSON(
        _ stored: Span<UInt8>, _ range: Range<Int>, _ bytes: [UInt8], _ slice: EventBatch.Slice, isMembers: Bool
    ) -> Bool {
        if equal(stored, range, bytes, slice) { return true }
        let (left, right) = (stored.extracting(range).bytes(), Array(bytes[slice.range]))
        func canonical(_ text: [UInt8]) -> [UInt8]? {
            let whole = isMembers ? [UInt8(ascii: "{")] + text + [UInt8(ascii: "}")] : text
            return try? JSONValue(whole.span).canonicalText
        }
        guard let first = canonical(left), let second = canonical(right) else { return false }
        return first == second
    }
}
