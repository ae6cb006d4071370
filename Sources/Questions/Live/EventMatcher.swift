package import EventLog
package import JourneyModel
internal import Timelines

/// What an event means to a kept question, worked out once, when the event is read.
package struct EventMeaning: Sendable, Equatable {
    /// Bit i: it can fill step i + 1. Bit 32 + i: it is what exclusion i looks for. Zero for nearly all events.
    package var mask: UInt64
    /// The value of the breakdown's field, as a symbol plus one of the matcher's ``EventMatcher/values``; zero where it has none.
    package var value: UInt32

    package init(mask: UInt64 = 0, value: UInt32 = 0) {
        (self.mask, self.value) = (mask, value)
    }
}

/// Holds records against the patterns of a funnel.
///
/// A type that no pattern names costs one look-up; of others the fields that conditions look at are read in one walk over `data`.
package struct EventMatcher: Sendable {
    /// Most fields that conditions and the breakdown may look at together.
    package static let maximumFields = PropertyScan.maximumFields
    // Texts are of use for one event; so many bytes of them are kept for those that come again.
    private static let maximumTexts = 1 << 20

    private let patterns: [(bit: UInt64, pattern: FunnelDefinition.Pattern)]
    private let conditions: [Condition?]
    private let scan: PropertyScan
    private let breakdown: EventField?
    private let seesEveryValue: Bool
    // By the log's symbol of a type: the patterns it is of, conditions aside.
    private var ofTypes: [UInt64?] = []
    private var texts: [PropertyColumn.Portion]
    private var found: [PropertyValue]
    /// The values of the breakdown's field.
    package var values = SymbolTable()

    /// - Parameter log: whose records will be read: it knows what stands for personal names in them.
    package init(_ funnel: FunnelDefinition, _ log: EventLog) {
        let steps = funnel.steps.enumerated().map { (UInt64(1) << UInt64($0), $1) }
        patterns = steps + funnel.exclusions.enumerated().map { (UInt64(1) << UInt64(32 + $0), $1.pattern) }
        conditions = patterns.map { $0.pattern.condition?.naming(log.storedName, standIn: log.standIn) }
        breakdown = funnel.breakdown?.field
        seesEveryValue = funnel.semantics.seesEveryEvent && breakdown != nil
        var fields = funnel.fields
        fields.remove(.time)
        scan = PropertyScan(fields.sorted { $0.name < $1.name })
        texts = scan.fields.map { _ in PropertyColumn.Portion() }
        found = scan.fields.map { _ in .none }
    }

    /// What the event in a record means.
    ///
    /// - Parameter data: where the object begins whose fields count; that of the record, or of one that corrects it.
    package mutating func meaning(_ record: EventRecord, _ bytes: Span<UInt8>, _ log: EventLog) -> EventMeaning {
        let mask = mask(record, bytes, log)
        guard mask != 0 || seesEveryValue else { return EventMeaning() }
        return meaning(mask, record) { (scan, found, texts) in scan.read(record, bytes, data: record.data, log, &found, &texts) }
    }

    /// What the event in a record means with the data that the correction in another brings.
    package mutating func meaning(_ record: EventRecord, _ bytes: Span<UInt8>, correction: [UInt8], _ log: EventLog) -> EventMeaning {
        let mask = mask(record, bytes, log)
        guard mask != 0 || seesEveryValue else { return EventMeaning() }
        return meaning(mask, record) { (scan, found, texts) in
            scan.read(record, bytes, data: 0..<0, log, &found, &texts)
            scan.read(data: correction.span, &found, &texts)
        }
    }

    private mutating func meaning(
        _ candidates: UInt64, _ record: EventRecord,
        _ read: (PropertyScan, inout [PropertyValue], inout [PropertyColumn.Portion]) -> Void
    ) -> EventMeaning {
        for place in texts.indices where texts[place].memory > EventMatcher.maximumTexts { texts[place] = PropertyColumn.Portion() }
        if !scan.fields.isEmpty { read(scan, &found, &texts) }
        var mask = candidates
        for (place, (bit, _)) in patterns.enumerated() where mask & bit != 0 {
            if let condition = conditions[place], !holds(condition, record) { mask &= ~bit }
        }
        guard let breakdown, mask != 0 || seesEveryValue else { return EventMeaning(mask: mask) }
        return EventMeaning(mask: mask, value: value(of: breakdown))
    }

    private mutating func mask(_ record: EventRecord, _ bytes: Span<UInt8>, _ log: EventLog) -> UInt64 {
        // Names that are no symbols share a number.
        if record.type == EventRecord.unlisted { return mask(log.type(record, bytes)) }
        let symbol = Int(record.type)
        while ofTypes.count <= symbol { ofTypes.append(nil) }
        if let known = ofTypes[symbol] { return known }
        let mask = mask(log.symbol(record.type))
        ofTypes[symbol] = mask
        return mask
    }

    private func mask(_ type: String) -> UInt64 {
        patterns.reduce(0) { $1.pattern.types?.contains(type) ?? true ? $0 | $1.bit : $0 }
    }

    private func holds(_ condition: Condition, _ record: EventRecord) -> Bool {
        switch condition {
        case .all(let conditions): conditions.allSatisfy { holds($0, record) }
        case .any(let conditions): conditions.contains { holds($0, record) }
        case .value(let field, let test, let negated): passes(field, test) != negated
        case .time(let moments, let negated): moments.contains(record.time.microseconds) != negated
        }
    }

    private func passes(_ field: EventField, _ test: ValueTest) -> Bool {
        guard let place = scan.fields.firstIndex(of: field) else { return test.passesNone }
        if let number = found[place].number { return test.passes(number) }
        return texts[place].text(found[place]).map { test.passes($0) } ?? test.passesNone
    }

    private mutating func value(of field: EventField) -> UInt32 {
        guard let place = scan.fields.firstIndex(of: field), !found[place].isNone else { return 0 }
        let key = GroupKey.key(found[place], texts[place])
        return values.intern(key.span).map { $0.symbol + 1 } ?? 0
    }
}

/// The values of a breakdown's field as bytes, so that each is a symbol.
package enum GroupKey {
    private static let numberTag = UInt8(ascii: "#")

    static func key(_ value: PropertyValue, _ texts: PropertyColumn.Portion) -> [UInt8] {
        if let number = value.number {
            return [numberTag] + (0..<8).map { UInt8(truncatingIfNeeded: number.bitPattern >> (8 * UInt64($0))) }
        }
        return texts.text(value)?.key ?? []
    }

    /// The value that a key stands for.
    static func scalar(_ key: Span<UInt8>) -> ScalarValue {
        guard key[0] == numberTag else { return PropertyText(key: key).scalar }
        return .number(Double(bitPattern: (1...8).reduce(UInt64(0)) { $0 | UInt64(key[$1]) << UInt64(8 * ($1 - 1)) }))
    }
}
