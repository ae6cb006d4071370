internal import EventLog
internal import JourneyModel

/// Reads records of the log into an ``EventTable``, and gives subjects their numbers.
struct EventTableReader: Sendable {
    private(set) var table: EventTable
    private(set) var subjects = SymbolTable()
    // By the log's symbol.
    private var roles: [EventRole?] = []
    private var sourceHashes: [Int?] = []
    /// Compensations whose target is still to be looked for, and those that wait for it to come.
    private var unsearched: [Int] = []
    private var waiting: [UInt32: [Int]] = [:]

    init(first: Position, scratch: String?) {
        table = EventTable(first: first, scratch: scratch)
    }

    /// Bytes of memory.
    var memory: Int { table.memory + subjects.memory }

    /// Takes in the event behind the last one.
    ///
    /// - Returns: false where a table is full; the event is then not in it.
    mutating func append(_ record: EventRecord, _ bytes: Span<UInt8>, _ log: EventLog) -> Bool {
        guard table.count < EventTable.maximumRows, let subject = subjects.intern(bytes.extracting(record.subject))?.symbol else {
            return false
        }
        var account: UInt32 = 0
        if !record.account.isEmpty {
            guard let symbol = subjects.intern(bytes.extracting(record.account))?.symbol else { return false }
            account = symbol + 1
        }
        let identity = identity(record, bytes, log)
        let row = EventTable.Row(table.count)
        table.append(
            EventSegment.Event(
                time: record.time.microseconds, type: UInt16(record.type), source: UInt16(record.source), subject: subject,
                account: account, identity: identity))
        if !waiting.isEmpty, waiting[identity] != nil { meet(row, identity, record, bytes, log) }
        let role = role(record, bytes, log)
        if role != .plain { follow(role, row, record, bytes) }
        return true
    }

    /// Looks among all rows for the targets of compensations that came since the last call.
    mutating func findTargets(_ log: EventLog) throws(LogError) {
        for index in unsearched {
            let compensation = table.compensations[index]
            for row in table.rows(identity: compensation.identity) {
                var isTarget = false
                try log.read(after: table.position(row) - 1) { (record, bytes) in
                    isTarget =
                        log.source(record, bytes) == compensation.source && EventTableReader.text(bytes, record.id) == compensation.id
                    return false
                }
                if isTarget { table.setTarget(row, ofCompensation: index) }
            }
            if table.compensations[index].target == nil { waiting[compensation.identity, default: []].append(index) }
        }
        unsearched.removeAll()
    }

    /// An event has come that a compensation may have waited for.
    private mutating func meet(_ row: EventTable.Row, _ identity: UInt32, _ record: EventRecord, _ bytes: Span<UInt8>, _ log: EventLog) {
        let (source, id) = (log.source(record, bytes), EventTableReader.text(bytes, record.id))
        waiting[identity]?.removeAll { index in
            guard table.compensations[index].source == source, table.compensations[index].id == id else { return false }
            table.setTarget(row, ofCompensation: index)
            return true
        }
        if waiting[identity]?.isEmpty == true { waiting[identity] = nil }
    }

    private mutating func role(_ record: EventRecord, _ bytes: Span<UInt8>, _ log: EventLog) -> EventRole {
        if record.type == EventRecord.unlisted { return EventRole(type: log.type(record, bytes)) }
        let symbol = Int(record.type)
        while roles.count <= symbol { roles.append(nil) }
        if let known = roles[symbol] { return known }
        let role = EventRole(type: log.symbol(record.type))
        roles[symbol] = role
        return role
    }

    private mutating func identity(_ record: EventRecord, _ bytes: Span<UInt8>, _ log: EventLog) -> UInt32 {
        var hasher = Hasher()
        hasher.combine(sourceHash(record, bytes, log))
        unsafe bytes.extracting(record.id).withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
        return UInt32(truncatingIfNeeded: hasher.finalize())
    }

    private static func identity(source: String, id: String) -> UInt32 {
        var hasher = Hasher()
        hasher.combine(source.hashValue)
        var id = id
        id.withUTF8 { unsafe hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        return UInt32(truncatingIfNeeded: hasher.finalize())
    }

    private mutating func sourceHash(_ record: EventRecord, _ bytes: Span<UInt8>, _ log: EventLog) -> Int {
        if record.source == EventRecord.unlisted { return log.source(record, bytes).hashValue }
        let symbol = Int(record.source)
        while sourceHashes.count <= symbol { sourceHashes.append(nil) }
        if let known = sourceHashes[symbol] { return known }
        let hash = log.symbol(record.source).hashValue
        sourceHashes[symbol] = hash
        return hash
    }

    /// Applies what an `ops` event says. Names that are not subjects link nothing.
    private mutating func follow(_ role: EventRole, _ row: EventTable.Row, _ record: EventRecord, _ bytes: Span<UInt8>) {
        guard let data = try? JSONValue(bytes.extracting(record.data)) else { return }
        switch role {
        case .plain: return
        case .linked, .unlinked:
            guard let first = symbol(data["a"]), let second = symbol(data["b"]) else { return }
            assert(first, second, row, isLink: role == .linked)
        case .merged:
            guard let winner = symbol(data["winner"]) else { return }
            for loser in data["losers"]?.elements ?? [] {
                if let loser = symbol(loser) { assert(winner, loser, row, isLink: true) }
            }
        case .voided, .corrected:
            guard let source = data["target"]?["source"]?.text, let id = data["target"]?["id"]?.text else { return }
            // A correction that brings no data corrects nothing.
            guard role == .voided || data["data"]?.members != nil else { return }
            unsearched.append(table.compensations.count)
            table.append(
                Compensation(
                    row: row, time: record.time.microseconds, isVoid: role == .voided, source: source, id: id,
                    identity: EventTableReader.identity(source: source, id: id)))
        }
    }

    private mutating func assert(_ first: UInt32, _ second: UInt32, _ row: EventTable.Row, isLink: Bool) {
        guard first != second else { return }
        table.append(IdentityAssertion(row: row, pair: LinkGraph.Pair(first, second), isLink: isLink))
    }

    private mutating func symbol(_ name: JSONValue?) -> UInt32? {
        guard let name = name?.text else { return nil }
        let utf8 = Array(name.utf8)
        return Subject.fault(utf8.span) == nil ? subjects.intern(utf8.span)?.symbol : nil
    }

    private static func text(_ bytes: Span<UInt8>, _ range: Range<Int>) -> String {
        String(decoding: bytes.extracting(range).bytes(), as: UTF8.self)
    }
}
