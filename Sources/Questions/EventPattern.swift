internal import JourneyModel
internal import Timelines

/// A kind of event: a type, or one of several, a condition, or both.
struct EventPattern: Sendable {
    /// Most types of one kind.
    static let maximumTypes = 64

    /// Any of these types; nil for all.
    let types: [String]?
    let condition: Condition?

    init(_ part: QuestionPart, _ conditions: inout ConditionReader) {
        part.allow(["type", "where"], "a kind of event: type, where or both")
        if part["type"] == nil, part["where"] == nil, part.value.members != nil {
            part.fault("needs a type, such as sales.opportunity.won, or a where")
        }
        types = part["type"].map { type in
            if let name = type.value.text, !name.isEmpty { return [name] }
            return type.elements(1...EventPattern.maximumTypes, "event types, or be one event type").compactMap { $0.text("an event type") }
        }
        condition = part["where"].map { conditions.condition($0) }
    }

    /// The fields that it looks at.
    func fields(_ journeys: Journeys, _ source: JourneyColumns) -> Set<EventField> {
        let isUntold = journeys.table.hasUnlistedTypes && (types ?? []).contains { source.type($0) == nil }
        return (condition?.fields ?? []).union(isUntold ? [.type] : [])
    }

    /// The rows that are of this kind. O(rows), about a nanosecond each and test.
    func rows(_ journeys: Journeys, _ columns: [EventField: PropertyColumn], _ source: JourneyColumns) -> RowSet {
        var rows = condition?.rows(journeys, columns)
        if let types {
            let symbols = types.compactMap { source.type($0) }
            var isOne = [Bool](repeating: false, count: Int(symbols.max() ?? 0) + 1)
            for symbol in symbols { isOne[Int(symbol)] = true }
            var typed = journeys.rows(types: symbols.isEmpty ? [] : isOne)
            // The column of types tells them apart where symbols do not.
            if let column = columns[.type], symbols.count < types.count {
                typed.formUnion(column.rows(.among(types.map { .text($0) }), of: journeys))
            }
            if rows == nil { rows = typed } else { rows?.formIntersection(typed) }
        }
        return rows ?? RowSet(journeys, all: true)
    }
}
