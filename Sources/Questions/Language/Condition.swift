package import Timelines

/// What a step or an exclusion asks of an event.
package indirect enum Condition: Sendable, Hashable {
    /// Every one holds. None: always.
    case all([Condition])
    /// At least one holds.
    case any([Condition])
    /// The value of a field passes a test, or does not: a field without a value passes no test, so it passes each that is negated.
    case value(EventField, ValueTest, negated: Bool)
    /// It happened within these moments, in microseconds since 1970.
    case time(ClosedRange<Int64>, negated: Bool)

    /// The fields it looks at, without the time.
    package var fields: Set<EventField> {
        switch self {
        case .all(let conditions), .any(let conditions): conditions.reduce(into: []) { $0.formUnion($1.fields) }
        case .value(let field, _, _): [field]
        case .time: []
        }
    }

    /// The same with the names that records have for subjects in the place of those that were given, and with what stands for a value of
    /// `data` where that is personal beside it.
    package func naming(_ stored: (String) -> String, standIn: (String) -> String?) -> Condition {
        func both(_ value: ScalarValue) -> [ScalarValue] {
            guard case .text(let text) = value, let other = standIn(text) else { return [value] }
            return [value, .text(other)]
        }
        func name(_ value: ScalarValue) -> ScalarValue { if case .text(let text) = value { .text(stored(text)) } else { value } }
        switch self {
        case .all(let conditions): return .all(conditions.map { $0.naming(stored, standIn: standIn) })
        case .any(let conditions): return .any(conditions.map { $0.naming(stored, standIn: standIn) })
        case .value(let field, .equals(let value), let negated) where field == .subject || field == .account:
            return .value(field, .equals(name(value)), negated: negated)
        case .value(let field, .among(let values), let negated) where field == .subject || field == .account:
            return .value(field, .among(values.map(name)), negated: negated)
        case .value(let field, .equals(let value), let negated) where field.isData:
            return .value(field, .among(both(value)), negated: negated)
        case .value(let field, .among(let values), let negated) where field.isData:
            return .value(field, .among(values.flatMap(both)), negated: negated)
        case .value, .time: return self
        }
    }

    /// The rows of `journeys` that meet it.
    ///
    /// - Parameter columns: of ``fields``.
    /// - Complexity: O(rows) a test, about a nanosecond each.
    package func rows(_ journeys: Journeys, _ columns: [EventField: PropertyColumn]) -> RowSet {
        switch self {
        case .all(let conditions):
            var rows = conditions.first?.rows(journeys, columns) ?? RowSet(journeys, all: true)
            for condition in conditions.dropFirst() { rows.formIntersection(condition.rows(journeys, columns)) }
            return rows
        case .any(let conditions):
            var rows = conditions.first?.rows(journeys, columns) ?? RowSet(journeys)
            for condition in conditions.dropFirst() { rows.formUnion(condition.rows(journeys, columns)) }
            return rows
        case .value(let field, let test, let negated):
            var rows = columns[field]?.rows(test, of: journeys) ?? RowSet(journeys)
            if negated { rows.invert() }
            return rows
        case .time(let moments, let negated):
            var rows = journeys.rows(within: moments)
            if negated { rows.invert() }
            return rows
        }
    }
}
