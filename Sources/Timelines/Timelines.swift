package import EventLog
package import JourneyModel

/// Every journey as a column of entries in the order of time, and which subjects make up which journey.
///
/// Entries are kept by subject, so that a link that is taken back leaves each subject with exactly its own.
/// Cost: 48 bytes an event in a mapped file; in memory about 66 bytes a subject (name, look-up, last entry, place among the links) and 60 bytes a link.
/// Derived from the log alone: the same events in any order of arrival give the same journeys.
package struct Timelines: Sendable {
    /// The map under which rules and dimensions were read.
    package let map: StageMap
    /// The last event that is in.
    package internal(set) var position: Position = 0
    /// The events up to there that could not be read, which nothing is known of, in the order of the log.
    package private(set) var parked: [ParkedEvent] = []
    /// Where the events are that set definitions, in the order of the log, voided ones as well.
    package internal(set) var definitions: [Position] = []
    var subjects = SymbolTable()
    var entries: EntryStore
    var links = LinkGraph()
    var values = SymbolTable()
    var sets = SymbolTable()
    // What the next checkpoint has to store.
    var savedSubjects = 0
    var savedValues = 0
    var savedSets = 0
    var savedAssertions = 0
    var changedCompensations: Set<Int> = []
    /// What `ops.identity.*` and `ops.record.merged` said, for the day on which one of them is voided.
    var assertions: [LinkAssertion] = []
    var ledger = CompensationLedger()
    // Compensations, and entries of which something else holds, that ``compensate(_:touch:)`` has yet to follow.
    var unresolved: [CompensationLedger.Compensation] = []
    var unsettled: [UInt32] = []
    private let fields: FieldMap
    private var facts: [TypeFacts?] = []

    /// The set that was read last, which is often the next one as well.
    private struct LastSet: Sendable {
        var symbols: [UInt32]
        /// The set's text: its symbols.
        var key: [UInt8]
        var number: UInt32 = 0
    }
    private var lastSet: LastSet

    /// Most events that may be parked.
    package static let maximumParked = 1_000
    /// Most distinct dimension values and sets of them: beyond, an event has none.
    private static let maximumSets = 1 << 20

    /// - Parameter file: where entries go that are not the last; nil to keep all in memory.
    package init(map: StageMap, file: EntryFile? = nil) {
        self.map = map
        entries = EntryStore(file: file)
        fields = FieldMap(map)
        lastSet = LastSet(
            symbols: Array(repeating: 0, count: map.dimensions.count), key: Array(repeating: 0, count: 4 * map.dimensions.count))
        // Set zero is the empty one.
        let empty = lastSet.key
        _ = sets.intern(empty.span)
    }

    /// An entry that has come, and the component whose journey it is part of.
    package struct Addition: Sendable {
        package let component: UInt32
        package let subject: UInt32
        package let entry: Entry
    }

    /// How many subjects there are.
    package var subjectCount: Int { entries.subjectCount }

    /// What the map says of the type with this symbol of the log.
    package func facts(_ type: UInt32) -> TypeFacts? {
        Int(type) < facts.count ? facts[Int(type)] : nil
    }

    /// Passes over the next event, which cannot be read.
    ///
    /// - Returns: false where ``maximumParked`` are parked already: there is more wrong than some events.
    package mutating func park(_ event: ParkedEvent) -> Bool {
        precondition(event.position > position, "an event is parked when it is its turn")
        guard parked.count < Timelines.maximumParked else { return false }
        parked.append(event)
        position = event.position
        return true
    }

    /// Adds the event behind ``position``, or one that was parked and can be read after all.
    ///
    /// - Parameters:
    ///   - log: where the record is from; asked for the name of a type, once a type.
    ///   - touch: called with each component whose journey changes by more than the event's own entry, including those that are no more.
    /// - Returns: the event's own entry; nil where there is no room for its subject.
    ///
    /// What compensations do is worked out by ``compensate(_:touch:)``.
    @discardableResult
    package mutating func append(
        _ record: EventRecord, _ bytes: Span<UInt8>, _ log: EventLog, touch: (UInt32) -> Void
    ) -> Addition? {
        if record.position > position {
            position = record.position
        } else {
            let place = parked.firstIndex { $0.position == record.position }
            guard let place else { preconditionFailure("timelines take each event once, in the order of the log") }
            parked.remove(at: place)
        }
        let facts = learn(record.type) { log.symbol($0) }
        // While the data is read, the place comes from memory where the subject is looked for.
        let name = bytes.extracting(record.subject)
        let key = subjects.fetch(name)
        let entry = entry(record.time.microseconds, record.position, record.type, bytes, record.data, facts)
        guard let subject = intern(name, key) else { return nil }
        let number = UInt32(entries.count)
        entries.append(entry, of: subject)
        if facts.setsDefinition {
            definitions.insert(record.position, at: definitions.firstIndex { $0 > record.position } ?? definitions.count)
        }
        if !record.account.isEmpty, let account = account(of: subject, bytes.extracting(record.account)) {
            link(LinkGraph.Pair(subject, account), true, record, touch)
        }
        if facts.role != .plain { follow(facts.role, number, record, bytes, touch) }
        if ledger.mayAwait(bytes.extracting(record.id)) { arrive(number, record, bytes, log) }
        return Addition(component: links.component(of: subject), subject: subject, entry: entry)
    }

    /// The symbol of a subject that has events or links.
    package func subject(_ name: String) -> UInt32? {
        subjects.symbol(name)
    }

    /// The text of a subject.
    package func name(_ subject: UInt32) -> String {
        subjects.text(subject)
    }

    /// The component that `subject` belongs to.
    package func component(of subject: UInt32) -> UInt32 {
        links.component(of: subject)
    }

    /// The subjects of the journey that is `component`.
    package func members(of component: UInt32) -> [UInt32] {
        links.members(of: component)
    }

    /// The name of the journey that is `component`: the subject of the highest rank (account, contact, lead, other)
    /// that was linked first, which is the one whose first event is the earliest.
    package func journeyName(_ component: UInt32) -> String {
        let members = links.members(of: component)
        guard members.count > 1 else { return name(component) }
        func key(_ subject: UInt32) -> (Int, Int64, Position, String) {
            let name = name(subject)
            var first: Entry?
            entries.eachThatCounts(subject) { _, entry in if first.map({ Entry.isBefore(entry, $0) }) ?? true { first = entry } }
            return (Subject.rank(name), first?.time ?? .max, first?.position ?? .max, name)
        }
        return members.map(key).min { $0 < $1 }?.3 ?? name(component)
    }

    /// The entries of the journey that is `component` and count, in the order of time, each with its subject.
    package func journey(_ component: UInt32, into journey: inout [(entry: Entry, subject: UInt32)]) {
        journey.removeAll(keepingCapacity: true)
        links.eachMember(of: component) { subject in entries.eachThatCounts(subject) { _, entry in journey.append((entry, subject)) } }
        // Mostly they came in the order of time.
        journey.reverse()
        let isSorted = zip(journey, journey.dropFirst()).allSatisfy { Entry.isBefore($0.entry, $1.entry) }
        if !isSorted { journey.sort { Entry.isBefore($0.entry, $1.entry) } }
    }

    /// Where a subject's events are in the log, in the order of their time; those that do not count as well.
    package func positions(of subject: UInt32) -> [Position] {
        var found: [Entry] = []
        entries.each(subject) { found.append($0) }
        return found.sorted { Entry.isBefore($0, $1) }.map(\.position)
    }

    /// The value of a dimension in a set, as a symbol for ``value(_:)``; zero where it has none.
    package func value(ofSet set: UInt32, dimension: Int) -> UInt32 {
        guard set != 0 else { return 0 }
        return sets.withBytes(set) { bytes in
            (0..<4).reduce(0) { $0 | UInt32(bytes[dimension * 4 + $1]) << (8 * UInt32($1)) }
        }
    }

    /// Some of the map's dimensions, a bit each: it has no more (``StageMap/maximumNames``).
    package struct Dimensions: Sendable {
        package static let none = Dimensions(0)

        package let rawValue: UInt16

        fileprivate init(_ rawValue: UInt16) {
            self.rawValue = rawValue
        }

        /// Those of which there is a value, which is not zero.
        package init(_ values: [UInt32]) {
            var known: UInt16 = 0
            for index in values.indices where values[index] != 0 { known |= 1 << UInt16(index) }
            rawValue = known
        }
    }

    /// The dimensions of which a set has a value.
    package func dimensions(ofSet set: UInt32) -> Dimensions {
        sets.withBytes(set) { bytes in
            var known: UInt16 = 0
            for index in 0..<(bytes.count / 4) where bytes.load(4 * index, as: UInt32.self) != 0 { known |= 1 << UInt16(index) }
            return Dimensions(known)
        }
    }

    /// The text of a dimension's value.
    package func value(_ symbol: UInt32) -> String {
        symbol == 0 ? "" : values.text(symbol - 1)
    }
}

// MARK: - Taking events in

extension Timelines {
    /// Takes the events back in that were parked, as the text that a checkpoint has of them.
    package mutating func restore(parked text: String) {
        parked = text.split(separator: "\n").compactMap { line in
            let parts = line.split(separator: " ", maxSplits: 1)
            return parts.first.flatMap { Position($0) }.map { ParkedEvent(position: $0, reason: parts.count > 1 ? String(parts[1]) : "") }
        }
    }

    /// The text that a checkpoint has of the events that are parked: a line each, with its position and the reason.
    var parkedText: String {
        parked.map { "\($0.position) \($0.reason.split(separator: "\n").joined(separator: " "))\n" }.joined()
    }

    /// Looks a type up in the map, once.
    mutating func learn(_ type: UInt32, _ name: (UInt32) -> String) -> TypeFacts {
        while facts.count <= Int(type) { facts.append(nil) }
        if let known = facts[Int(type)] { return known }
        let learnt = TypeFacts(name(type), map)
        facts[Int(type)] = learnt
        return learnt
    }

    mutating func intern(_ name: Span<UInt8>) -> UInt32? {
        intern(name, subjects.fetch(name))
    }

    private mutating func intern(_ name: Span<UInt8>, _ key: SymbolTable.Key) -> UInt32? {
        guard let (subject, isNew) = subjects.intern(name, key) else { return nil }
        if isNew { entries.addSubject() }
        return subject
    }

    /// The symbol of the account that an event of `subject` names, which is mostly the one that it named before.
    private mutating func account(of subject: UInt32, _ name: Span<UInt8>) -> UInt32? {
        if let last = links.newestNeighbour(of: subject), subjects.equals(last, name) { return last }
        return intern(name)
    }

    /// - Parameter data: where the object begins whose fields count.
    mutating func entry(
        _ time: Int64, _ position: Position, _ type: UInt32, _ bytes: Span<UInt8>, _ data: Range<Int>, _ facts: TypeFacts
    ) -> Entry {
        let found = DataFields(bytes, data, map: fields, rules: facts.rules)
        var rule: UInt8 = 0
        for (bit, index) in facts.rules.enumerated() where rule == 0 {
            let applies: Bool =
                switch map.rules[index].condition {
                case nil: true
                case .some(let condition) where condition.value == nil: found.conditionPresent & 1 << UInt64(bit) == 0
                default: found.conditionMet & 1 << UInt64(bit) != 0
                }
            if applies { rule = UInt8(index + 1) }
        }
        var (minor, currency): (Int64, UInt32) = (0, 0)
        if facts.isValue, let amount = found.minor { (minor, currency) = (amount, found.currency) }
        if facts.snoozes, let snooze = Snooze(bytes.extracting(data), map) { (minor, currency) = (snooze.until, snooze.currency) }
        return Entry(
            time: time, position: position, minor: minor, type: type, dimensions: set(found.dimensions, bytes), currency: currency,
            holder: found.holder.map { $0.rawValue + 1 } ?? 0, rule: rule)
    }

    private mutating func set(_ dimensions: [Range<Int>?], _ bytes: Span<UInt8>) -> UInt32 {
        guard dimensions.contains(where: { $0 != nil }) else { return 0 }
        var isLast = true
        for (dimension, range) in dimensions.enumerated() {
            let symbol = range.map { value(bytes.extracting($0), dimension) } ?? 0
            if symbol != lastSet.symbols[dimension] { (lastSet.symbols[dimension], isLast) = (symbol, false) }
        }
        if isLast { return lastSet.number }
        lastSet.key.removeAll(keepingCapacity: true)
        for symbol in lastSet.symbols { lastSet.key.append(littleEndian: symbol) }
        let key = lastSet.key
        lastSet.number = (sets.count < Timelines.maximumSets ? sets.intern(key.span)?.symbol : sets.symbol(key.span)) ?? 0
        return lastSet.number
    }

    /// The number of a dimension's value, from one; zero where there is no room for it.
    private mutating func value(_ text: Span<UInt8>, _ dimension: Int) -> UInt32 {
        let last = lastSet.symbols[dimension]
        if last != 0, values.equals(last - 1, text) { return last }
        let symbol = values.count < Timelines.maximumSets ? values.intern(text)?.symbol : values.symbol(text)
        return symbol.map { $0 + 1 } ?? 0
    }
}
