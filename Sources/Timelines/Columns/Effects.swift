internal import JourneyModel

/// What compensations do to the rows of an ``EventTable``, as of one of them.
///
/// A compensation counts unless a later one (by time, then position) voids it; of the corrections of an event the latest holds. So the
/// effects do not depend on the order of arrival.
package struct Effects: Sendable, Equatable {
    /// The rows that do not count.
    package private(set) var voided: Set<EventTable.Row> = []
    /// By row, the row of the correction whose data stands for its own.
    package private(set) var corrections: [EventTable.Row: EventTable.Row] = [:]

    /// - Parameter end: the row behind the last that is known.
    /// - Complexity: O(c log c) for c compensations.
    init(_ table: EventTable, before end: EventTable.Row) {
        let known = table.compensations.filter { $0.row < end && ($0.target ?? end) < end }
        for compensation in known.sorted(by: { ($0.time, $0.row) > ($1.time, $1.row) }) where !voided.contains(compensation.row) {
            guard let target = compensation.target else { continue }
            if compensation.isVoid {
                voided.insert(target)
            } else if corrections[target] == nil {
                corrections[target] = compensation.row
            }
        }
    }
}
