package import JourneyModel
internal import LMDB

extension EventLog {
    private static let readRecords = 100_000
    private static let readTime = Duration.seconds(1)

    /// Calls `body` with the events behind `position`, in order, until it returns false: as they are to be read, which is in the current
    /// version of their type's data; else as ``readStored(after:_:)``.
    package func read(
        after position: Position, _ body: (_ record: EventRecord, _ bytes: Span<UInt8>) -> Bool
    ) throws(LogError) {
        guard !options.upcasters.isEmpty else { return try readStored(after: position, body) }
        var known: [UInt32: Upcaster?] = [:]
        try readStored(after: position) { (record, bytes) in
            let upcaster: Upcaster?
            if let found = known[record.type] {
                upcaster = found
            } else {
                upcaster = options.upcasters[type(record, bytes)]
                // Names that are no symbols share a number.
                if record.type != EventRecord.unlisted { known[record.type] = .some(upcaster) }
            }
            guard let upcaster, let current = record.current(bytes, type(record, bytes), upcaster) else { return body(record, bytes) }
            return body(current.record, current.bytes.span)
        }
    }

    /// Calls `body` with the events behind `position` as they are stored, in order, until it returns false.
    ///
    /// The snapshots it reads from are short (100,000 records or a second), so a long walk holds up nobody. It begins at the first event
    /// that retention left.
    /// - Throws: ``LogError/damaged(position:reason:)`` at the first record that is not what was written, or is missing.
    func readStored(
        after position: Position, _ body: (_ record: EventRecord, _ bytes: Span<UInt8>) -> Bool
    ) throws(LogError) {
        // Whoever asks names any number, and the largest has none behind it.
        guard position < tail else { return }
        var next = max(position + 1, first)
        var goesOn = true
        while goesOn, next <= tail {
            // Retention may take away what was to be read next.
            next = max(next, first)
            let (stored, chunks) = recent.from(next)
            guard next <= stored else {
                let started = next
                try readRecent(chunks, &next, &goesOn, body)
                guard !goesOn || next > started || next <= recent.stored else {
                    throw .damaged(position: next, reason: "it is missing; \(journalPath) should have it")
                }
                continue
            }
            guard let epoch = epochs.epoch(of: next) else { throw .damaged(position: next, reason: "no epoch has it") }
            let end = min(epoch.last ?? stored, stored, tail)
            let started = next
            try readPiece(epoch, &next, through: end, &goesOn, body)
            guard !goesOn || next > started else {
                throw .damaged(position: next, reason: "it is missing; \(epoch.directory) should have it")
            }
        }
    }

    private func readRecent(
        _ chunks: ArraySlice<RecordChunk>, _ next: inout Position, _ goesOn: inout Bool,
        _ body: (_ record: EventRecord, _ bytes: Span<UInt8>) -> Bool
    ) throws(LogError) {
        for chunk in chunks where goesOn {
            // What was written and is not acknowledged yet is nobody's business.
            guard chunk.first <= tail else { return }
            try chunk.each(from: next) { (position, bytes) throws(LogError) in
                next = position + 1
                goesOn = body(try EventRecord(bytes, position: position), bytes)
                return goesOn
            }
        }
    }

    private func readPiece(
        _ epoch: Epoch, _ next: inout Position, through end: Position, _ goesOn: inout Bool,
        _ body: (_ record: EventRecord, _ bytes: Span<UInt8>) -> Bool
    ) throws(LogError) {
        let storage: Epoch.Storage
        do throws(LogError) {
            storage = try epoch.open()
        } catch {
            if case .damaged(_, let reason) = error { throw .damaged(position: next, reason: reason) }
            throw error
        }
        var failure: LogError?
        let deadline = ContinuousClock.now + EventLog.readTime
        var left = EventLog.readRecords
        do throws(LMDBError) {
            try storage.environment.read { transaction throws(LMDBError) in
                try transaction.scan(storage.events, from: .number(next)) { (key, value) in
                    guard next <= end else { return false }
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
                    return goesOn && left > 0 && (left % 1024 != 0 || ContinuousClock.now < deadline)
                }
            }
        } catch {
            throw LogError(error)
        }
        if let failure { throw failure }
    }

    /// Calls `body` with the events behind `position` through `end`, in order, until it returns false, and passes over those that cannot be read while those
    /// around them can.
    ///
    /// - Parameters:
    ///   - asStored: whether they are read as ``readStored(after:_:)`` does, or as ``read(after:_:)`` does.
    ///   - pass: is told of each that is passed over, and why; where it returns false, that is the end.
    /// - Throws: where the log cannot be read, or `pass` returned false.
    package func readOn(
        after position: Position, through end: Position = .max, asStored: Bool = false, passing pass: (Position, String) -> Bool,
        _ body: (_ record: EventRecord, _ bytes: Span<UInt8>) -> Bool
    ) throws(LogError) {
        var next = position
        while true {
            do throws(LogError) {
                guard asStored else { return try read(after: next) { $0.position <= end && body($0, $1) } }
                return try readStored(after: next) { $0.position <= end && body($0, $1) }
            } catch {
                guard case .damaged(let place, let reason) = error, isReadable(around: place) else { throw error }
                // What is behind the end is nobody's business.
                guard place <= end else { return }
                guard pass(place, reason) else { throw error }
                next = place
            }
        }
    }

    /// Whether the place can be read where the event at `position` is: what is wrong with it is then wrong with it, and not with all of its epoch.
    package func isReadable(around position: Position) -> Bool {
        epochs.epoch(of: position).map { $0.damage == nil } ?? false
    }

    /// The event at `position`, or nil where there is none.
    package func event(at position: Position) throws(LogError) -> StoredEvent? {
        guard position >= first, position <= tail else { return nil }
        var event: StoredEvent?
        var failure: LogError?
        try read(after: position - 1) { (record, bytes) in
            guard record.position == position else { return false }
            do throws(LogError) { event = try self.event(record, bytes) } catch { failure = error }
            return false
        }
        if let failure { throw failure }
        return event
    }

    /// When the event at `position` was stored; nil where there is none.
    package func recordedAt(_ position: Position) throws(LogError) -> Timestamp? {
        guard position >= first, position <= tail else { return nil }
        var recordedAt: Timestamp?
        try read(after: position - 1) { (record, _) in
            if record.position == position { recordedAt = record.recordedAt }
            return false
        }
        return recordedAt
    }

    /// The record at `position` as it is stored; nil where retention took it away.
    func bytes(at position: Position) throws(LogError) -> [UInt8]? {
        var found: [UInt8]?
        try readStored(after: position - 1) { (record, bytes) in
            if record.position == position { found = bytes.bytes() }
            return false
        }
        return found
    }

    /// The event that a record holds, copied out, with what is personal opened unless it was erased.
    ///
    /// - Throws: ``LogError/damaged(position:reason:)`` where it has a sealed part and the keys are not there.
    package func event(_ record: EventRecord, _ bytes: Span<UInt8>) throws(LogError) -> StoredEvent {
        let opened = record.sealed.isEmpty ? nil : try opened(record, bytes)
        var extensions = bytes.extracting(record.extensions).bytes()
        var data = opened?.data ?? bytes.extracting(record.data).bytes()
        if let opened, let upcaster = options.upcasters[type(record, bytes)] {
            // What was opened is as it was sent.
            let stored = bytes.extracting(record.storedExtensions).bytes()
            if let current = upcaster.current(type(record, bytes), extensions: stored, data: opened.data) { (extensions, data) = current }
        }
        let account = opened.map { String(decoding: $0.account, as: UTF8.self) } ?? EventLog.text(bytes, record.account)
        return StoredEvent(
            position: record.position, time: record.time, recordedAt: record.recordedAt, timeIsReceipt: record.timeIsReceipt,
            isErased: !record.sealed.isEmpty && opened == nil, emitter: record.emitter, source: source(record, bytes),
            type: type(record, bytes), id: EventLog.text(bytes, record.id),
            subject: opened.map { String(decoding: $0.subject, as: UTF8.self) } ?? EventLog.text(bytes, record.subject),
            account: account.isEmpty ? nil : account, extensions: extensions, data: data)
    }

    /// The type of a record.
    package func type(_ record: EventRecord, _ bytes: Span<UInt8>) -> String {
        record.type == EventRecord.unlisted ? EventLog.text(bytes, record.typeText) : symbol(record.type)
    }

    /// The source of a record.
    package func source(_ record: EventRecord, _ bytes: Span<UInt8>) -> String {
        record.source == EventRecord.unlisted ? EventLog.text(bytes, record.sourceText) : symbol(record.source)
    }

    private static func text(_ bytes: Span<UInt8>, _ range: Range<Int>) -> String {
        String(decoding: bytes.extracting(range).bytes(), as: UTF8.self)
    }
}
