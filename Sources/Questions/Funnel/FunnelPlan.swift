internal import EventLog
internal import JourneyModel
internal import Timelines

/// A funnel made ready for one snapshot: what each event means is one look-up of its type, and for conditions one bit of its row.
struct FunnelPlan: Sendable {
    /// A window without end, in microseconds: longer than all time there is, and short enough to be added to any.
    private static let endless: Int64 = 1 << 60

    let definition: FunnelDefinition
    let journeys: Journeys
    let columns: [EventField: PropertyColumn]
    /// By the log's symbol of a type, the mask of an event of this type (``FunnelMatch/mask``), conditions aside.
    let typeMasks: [UInt64]
    /// The bits that stand only where the row passes a condition.
    let conditional: UInt64
    /// By bit, where in ``conditionWords`` the rows that pass begin.
    let conditionStarts: [Int]
    let conditionWords: [UInt64]
    let ends: [UInt32]
    /// By subject, whether it is of the kind that is counted; empty where none is.
    let counted: [Bool]
    /// Microseconds since 1970.
    let at: Int64

    init(
        _ definition: FunnelDefinition, _ journeys: Journeys, _ source: JourneyColumns, _ columns: [EventField: PropertyColumn], at: Int64
    ) {
        self.definition = definition
        self.journeys = journeys
        self.columns = columns
        self.at = at
        var masks = [UInt64](repeating: 0, count: Int(EventRecord.unlisted) + 1)
        var conditional: UInt64 = 0
        var starts = [Int](repeating: 0, count: 64)
        var words: [UInt64] = []
        let patterns = definition.steps.enumerated().map { ($0, $1) } + definition.exclusions.enumerated().map { (32 + $0, $1.pattern) }
        for (place, pattern) in patterns {
            let bit: UInt64 = 1 << UInt64(place)
            var rows = pattern.condition?.naming(source.log.storedName).rows(journeys, columns)
            if let types = pattern.types {
                let symbols = types.compactMap { source.type($0) }
                for symbol in symbols { masks[Int(symbol)] |= bit }
                if symbols.count < types.count, journeys.table.hasUnlistedTypes {
                    // The column of types tells them apart where symbols do not.
                    let test = ValueTest.among(types.map { .text($0) })
                    masks[Int(EventRecord.unlisted)] |= bit
                    let typed = Condition.value(.type, test, negated: false).rows(journeys, columns)
                    if rows == nil { rows = typed } else { rows?.formIntersection(typed) }
                }
            } else {
                for symbol in masks.indices { masks[symbol] |= bit }
            }
            if let rows {
                conditional |= bit
                starts[place] = words.count
                words += rows.words
            }
        }
        typeMasks = masks
        self.conditional = conditional
        conditionStarts = starts
        conditionWords = words
        ends = definition.exclusions.map { exclusion in
            (exclusion.from..<exclusion.to).reduce(0) { $0 | 1 << UInt32($1 - 1) }
        }
        counted = FunnelPlan.subjects(definition.unit, journeys, source)
    }

    /// The fields whose columns a plan needs.
    static func fields(_ definition: FunnelDefinition, _ journeys: Journeys, _ source: JourneyColumns) -> Set<EventField> {
        var fields = definition.fields
        let types = (definition.steps + definition.exclusions.map(\.pattern)).flatMap { $0.types ?? [] }
        if journeys.table.hasUnlistedTypes, types.contains(where: { source.type($0) == nil }) { fields.insert(.type) }
        fields.remove(.time)
        return fields
    }

    /// What an engine has to know, for matches whose times count from `base`.
    func rules(base: Int64) -> FunnelRules {
        FunnelRules(steps: definition.steps.count, window: definition.window ?? FunnelPlan.endless, at: at - base, ends: ends)
    }

    private static func subjects(_ unit: FunnelDefinition.Unit, _ journeys: Journeys, _ source: JourneyColumns) -> [Bool] {
        guard case .subjects(let kind) = unit else { return [] }
        let prefix = Array((kind + ":").utf8)
        return source.withSubjects { subjects in
            (0..<UInt32(journeys.roots.count)).map { subject in
                subjects.withBytes(subject) { name in
                    guard name.count > prefix.count else { return false }
                    return prefix.indices.allSatisfy { name[$0] == prefix[$0] }
                }
            }
        }
    }
}
