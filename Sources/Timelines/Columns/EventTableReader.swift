internal import EventLog
internal import JourneyModel

/// Reads records of the log into an ``EventTable``, and gives subjects their numbers.
struct EventTableReader: Sendable {
    private(set) var table: EventTable
    private(set) var subjects = SymbolTable()
    // By the log's symbol.
    private var roles: [EventRole?] = []
    private var sources: [[UInt8]] = []
    /// How far all was at the end of each full segment, and where it is now.
    private var marks: [Mark] = []
    private var last = SegmentFoot.Anchor(recordedAt: 0, identity: 0)
    /// Compensations whose target is still to be looked for, and those that wait for it to come.
    private var unsearched: [Int] = []
    private var waiting: [UInt32: [Int]] = [:]

    /// How many there were of what belongs to the rows so far, and the last row's event.
    private struct Mark: Sendable {
        var (subjects, assertions, compensations) = (0, 0, 0)
        var last = SegmentFoot.Anchor(recordedAt: 0, identity: 0)
    }

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
        let anchor = SegmentFoot.Anchor(recordedAt: record.recordedAt.microseconds, identity: identity(record, bytes, log))
        let identity = UInt32(truncatingIfNeeded: anchor.identity)
        let row = EventTable.Row(table.count)
        table.append(
            EventSegment.Event(
                time: record.time.microseconds, type: UInt16(record.type), source: UInt16(record.source), subject: subject,
                account: account, identity: identity))
        if !waiting.isEmpty, waiting[identity] != nil { meet(row, identity, record, bytes, log) }
        let role = role(record, bytes, log)
        if role != .plain { follow(role, row, record, bytes, log) }
        last = anchor
        if table.count & EventSegment.mask == 0 { marks.append(mark) }
        return true
    }

    /// Looks among all rows for the targets of compensations that came since the last call.
    mutating func findTargets(_ log: EventLog) throws(LogError) {
        guard !unsearched.isEmpty else { return }
        let sought = Dictionary(grouping: unsearched) { table.compensations[$0].identity }
        for row in table.rows(identities: Set(sought.keys)) {
            var found: [Int] = []
            try log.read(after: table.position(row) - 1) { (record, bytes) in
                guard record.position == table.position(row) else { return false }
                found = (sought[UInt32(truncatingIfNeeded: identity(record, bytes, log))] ?? []).filter { index in
                    isTarget(record, bytes, ofCompensation: index, log)
                }
                return false
            }
            for index in found { table.setTarget(row, ofCompensation: index) }
        }
        for index in unsearched where table.compensations[index].target == nil {
            waiting[table.compensations[index].identity, default: []].append(index)
        }
        unsearched.removeAll()
    }

    private func isTarget(_ record: EventRecord, _ bytes: Span<UInt8>, ofCompensation index: Int, _ log: EventLog) -> Bool {
        log.source(record, bytes) == table.compensations[index].source
            && EventTableReader.text(bytes, record.id) == table.compensations[index].id
    }

    /// An event has come that a compensation may have waited for.
    private mutating func meet(_ row: EventTable.Row, _ identity: UInt32, _ record: EventRecord, _ bytes: Span<UInt8>, _ log: EventLog) {
        for index in waiting[identity] ?? [] where isTarget(record, bytes, ofCompensation: index, log) {
            table.setTarget(row, ofCompensation: index)
        }
        waiting[identity]?.removeAll { table.compensations[$0].target != nil }
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

    private mutating func identity(_ record: EventRecord, _ bytes: Span<UInt8>, _ log: EventLog) -> UInt64 {
        guard record.source != EventRecord.unlisted else {
            let source = Array(log.source(record, bytes).utf8)
            return log.identity(source: source.span, id: bytes.extracting(record.id))
        }
        while sources.count <= Int(record.source) { sources.append(Array(log.symbol(UInt32(sources.count)).utf8)) }
        let source = sources[Int(record.source)]
        return log.identity(source: source.span, id: bytes.extracting(record.id))
    }

    /// Applies what an `ops` event says. Names that are not subjects link nothing.
    private mutating func follow(
        _ role: EventRole, _ row: EventTable.Row, _ record: EventRecord, _ bytes: Span<UInt8>, _ log: EventLog
    ) {
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
            let (sourceBytes, idBytes) = (Array(source.utf8), Array(id.utf8))
            table.append(
                Compensation(
                    row: row, time: record.time.microseconds, isVoid: role == .voided, source: source, id: id,
                    identity: UInt32(truncatingIfNeeded: log.identity(source: sourceBytes.span, id: idBytes.span))))
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

// MARK: - Files

extension EventTableReader {
    private var mark: Mark {
        Mark(subjects: subjects.count, assertions: table.assertions.count, compensations: table.compensations.count, last: last)
    }

    /// Segment `number` and what belongs to it, for a file; nil where it is too much for one.
    ///
    /// - Parameter previous: the checksum of the foot of the segment before.
    func piece(_ number: Int, _ origin: SegmentFoot.Origin, previous: UInt32) -> SegmentPiece? {
        let start = number == 0 ? Mark() : marks[number - 1]
        let end = number < marks.count ? marks[number] : mark
        return SegmentPiece(
            origin: origin, number: number, table.segments[number], last: end.last, previous: previous, subjects,
            named: start.subjects..<end.subjects, assertions: table.assertions[start.assertions..<end.assertions],
            compensations: table.compensations[start.compensations..<end.compensations],
            targets: targets(number))
    }

    /// The targets that are known and that no file before that of segment `number` tells, as far as they lie in its rows or before.
    private func targets(_ number: Int) -> [FoundTarget] {
        let end = EventTable.Row(min((number + 1) << EventSegment.shift, table.count))
        return table.compensations.enumerated().compactMap { index, compensation in
            guard let target = compensation.target, compensation.row < end, target < end, compensation.keeper ?? number >= number else {
                return nil
            }
            return FoundTarget(index, target)
        }
    }

    /// Targets are told by the file of segment `number`.
    mutating func keep(_ targets: [FoundTarget], in number: Int) {
        for target in targets { table.setKeeper(number, ofCompensation: target.compensation) }
    }

    /// Whether `log` has this event at `position`.
    static func isOurs(_ position: Position, _ anchor: SegmentFoot.Anchor, _ log: EventLog) throws(LogError) -> Bool {
        guard position >= log.first, position <= log.tail else { return false }
        var isSame = false
        try log.read(after: position - 1) { (record, bytes) in
            let source = Array(log.source(record, bytes).utf8)
            let identity = log.identity(source: source.span, id: bytes.extracting(record.id))
            isSame =
                record.position == position
                && anchor == SegmentFoot.Anchor(recordedAt: record.recordedAt.microseconds, identity: identity)
            return false
        }
        return isSame
    }

    /// Has the rows of a full segment lie in `rows` from now on, which are the same.
    mutating func put(_ rows: ColumnBytes, inSegment number: Int) { table.put(rows, inSegment: number) }

    /// Makes room for what segments with these feet name.
    mutating func reserve(_ feet: some Collection<SegmentFoot>) {
        subjects.reserve(
            subjects.count + feet.reduce(0) { $0 + $1.names }, bytes: feet.reduce(0) { $0 + $1.nameBytes })
    }

    /// Takes in the segment behind the last one.
    ///
    /// - Returns: false where it does not fit; this is then of no use any more.
    mutating func take(_ content: SegmentContent, _ log: EventLog) -> Bool {
        guard content.foot.number << EventSegment.shift == table.count, content.addNames(to: &subjects),
            let segment = content.segment(subjects: subjects.count),
            let assertions = content.assertions(subjects: subjects.count), let compensations = content.compensations(log)
        else { return false }
        table.append(segment, hasUnlistedTypes: content.foot.hasUnlistedTypes)
        for assertion in assertions { table.append(assertion) }
        // Those that wait may wait for one of these rows.
        unsearched += waiting.values.flatMap(\.self)
        waiting = [:]
        for compensation in compensations {
            unsearched.append(table.compensations.count)
            table.append(compensation)
        }
        for target in content.targets {
            guard target.compensation < table.compensations.count, target.row < table.count,
                table.identity(target.row) == table.compensations[target.compensation].identity
            else { return false }
            table.setTarget(target.row, ofCompensation: target.compensation)
            table.setKeeper(content.foot.number, ofCompensation: target.compensation)
        }
        if content.foot.targets > 0 { unsearched.removeAll { table.compensations[$0].target != nil } }
        last = content.foot.last
        if table.count & EventSegment.mask == 0 { marks.append(mark) }
        return true
    }
}
