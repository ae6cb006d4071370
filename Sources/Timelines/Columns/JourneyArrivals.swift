internal import JourneyModel

extension Journeys {
    /// An event, and a subject whose journey it touches.
    package struct Arrival: Sendable, Equatable {
        package let row: EventTable.Row
        package let subject: UInt32
    }

    /// The events that became known behind those of `earlier`, each with every subject whose journey it touches: its own, the account it names,
    /// those that it links or parts, and those of the event that it voids or corrects.
    ///
    /// - Complexity: O(new rows and compensations).
    package func arrivals(since earlier: Journeys) -> [Arrival] {
        guard rowCount > earlier.rowCount else { return [] }
        let new = earlier.rowCount..<rowCount
        var arrivals: [Arrival] = []
        for row in new { for subject in subjects(row) { arrivals.append(Arrival(row: row, subject: subject)) } }
        for assertion in table.assertions where new.contains(assertion.row) {
            for subject in [assertion.pair.lower, assertion.pair.upper] { arrivals.append(Arrival(row: assertion.row, subject: subject)) }
        }
        // Where the compensation or its target is new, all that either touches is.
        var targets: [EventTable.Row: EventTable.Row] = [:]
        for compensation in table.compensations where compensation.row < rowCount { targets[compensation.row] = compensation.target }
        for (row, target) in targets where target < rowCount && (new.contains(row) || new.contains(target)) {
            let arrival = Swift.max(row, target)
            var (next, steps): (EventTable.Row?, Int) = (target, 0)
            // A void may void a void, and so on; a chain that ends nowhere is given up.
            while let target = next, target < rowCount, steps <= targets.count {
                for subject in touched(target) { arrivals.append(Arrival(row: arrival, subject: subject)) }
                (next, steps) = (targets[target], steps + 1)
            }
        }
        return arrivals
    }

    private func subjects(_ row: EventTable.Row) -> [UInt32] {
        let account = table.account(row)
        return account == 0 ? [table.subject(row)] : [table.subject(row), account - 1]
    }

    /// All subjects that an event touches. O(log assertions).
    private func touched(_ row: EventTable.Row) -> [UInt32] {
        let assertions = table.assertions
        var (low, high) = (0, assertions.count)
        while low < high {
            let middle = (low + high) / 2
            if assertions[middle].row < row { low = middle + 1 } else { high = middle }
        }
        return subjects(row) + assertions[low...].prefix { $0.row == row }.flatMap { [$0.pair.lower, $0.pair.upper] }
    }
}
