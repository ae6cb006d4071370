internal import EventLog
internal import JourneyModel
internal import Timelines

/// What came of one journey: two are the same where nothing that is told of them differs.
protocol JourneyOutcome: Sendable, Hashable {
    /// Writes the members that tell it.
    func write(to writer: inout JSONWriter, _ source: JourneyColumns, _ table: EventTable)
}

/// The journeys that came out differently on two sides, and the events that made it so.
///
/// A merge makes one journey of several, its end several of one: so what is compared are families of journeys, mostly of one journey each.
struct JourneyDifferences<Outcome: JourneyOutcome> {
    typealias Found = (root: UInt32, outcome: Outcome)

    // One family whose outcomes differ.
    private struct Difference {
        let family: UInt32
        var before: [Found] = []
        var after: [Found] = []
    }

    private let against: Against
    private let after: Journeys
    private let columns: JourneyColumns
    private let differences: [Difference]

    /// - Parameters:
    ///   - before: what came of journeys on the other side, in any order.
    ///   - after: on this side.
    ///   - journeys: of this side.
    /// - Complexity: O(outcomes).
    init(_ before: [Found], _ after: [Found], _ against: Against, _ journeys: Journeys, _ columns: JourneyColumns) {
        (self.against, self.after, self.columns) = (against, journeys, columns)
        var places: [UInt32: Int] = [:]
        var families: [Difference] = []
        func place(_ root: UInt32) -> Int {
            let family = against.families[root]
            if let known = places[family] { return known }
            places[family] = families.count
            families.append(Difference(family: family))
            return families.count - 1
        }
        for found in before { families[place(found.root)].before.append(found) }
        for found in after { families[place(found.root)].after.append(found) }
        differences = families.filter { !Self.isSame($0.before, $0.after) }
    }

    /// Whether both have the same outcomes, in whatever order and by whatever journey.
    private static func isSame(_ before: [Found], _ after: [Found]) -> Bool {
        guard before.count == after.count else { return false }
        if zip(before, after).allSatisfy({ $0.outcome == $1.outcome }) { return true }
        var counts: [Outcome: Int] = [:]
        for found in before { counts[found.outcome, default: 0] += 1 }
        for found in after { counts[found.outcome, default: 0] -= 1 }
        return counts.values.allSatisfy { $0 == 0 }
    }

    /// Writes `differing`, the number of all, and `journeys`, at most so many as are told.
    func write(to writer: inout JSONWriter) {
        writer.member("differing", differences.count)
        // Those first that were heard of first.
        let told = differences.sorted { $0.family < $1.family }.prefix(DifferenceLimits.journeys)
        let before = JourneyNames(Set(told.flatMap { $0.before.map(\.root) }), against.before, columns)
        let after = JourneyNames(Set(told.flatMap { $0.after.map(\.root) }), after, columns)
        let events = events(of: Set(told.map(\.family)))
        writer.key("journeys")
        writer.array { writer in
            for difference in told {
                writer.object { writer in
                    let names = difference.after.map { after[$0.root] } + difference.before.map { before[$0.root] }
                    writer.member("journey", names.first)
                    for (side, found, names) in [("before", difference.before, before), ("after", difference.after, after)] {
                        writer.key(side)
                        write(found.map { (names[$0.root], $0.outcome) }, to: &writer)
                        if found.count > DifferenceLimits.outcomes { writer.member("\(side)Count", found.count) }
                    }
                    guard case .position(_, let moment) = against.side else { return }
                    write(events[difference.family] ?? [], known: moment, to: &writer)
                }
            }
        }
    }

    private func write(_ found: [(name: String, outcome: Outcome)], to writer: inout JSONWriter) {
        writer.array { writer in
            for (name, outcome) in found.sorted(by: { $0.name < $1.name }).prefix(DifferenceLimits.outcomes) {
                writer.object { writer in
                    writer.member("journey", name)
                    outcome.write(to: &writer, columns, after.table)
                }
            }
        }
    }

    /// The new events of some families, in the order of the log.
    private func events(of families: Set<UInt32>) -> [UInt32: [EventTable.Row]] {
        var rows: [UInt32: Set<EventTable.Row>] = [:]
        for arrival in against.arrivals {
            let family = against.families[arrival.subject]
            if families.contains(family) { rows[family, default: []].insert(arrival.row) }
        }
        return rows.mapValues { $0.sorted() }
    }

    /// - Parameter known: what happened before this moment and was recorded after it came late.
    private func write(_ rows: [EventTable.Row], known moment: Timestamp?, to writer: inout JSONWriter) {
        let table = after.table
        writer.key("events")
        writer.array { writer in
            for row in rows.prefix(DifferenceLimits.events) {
                writer.object { writer in
                    writer.member("position", table.position(row))
                    let type = UInt32(table.type(row))
                    writer.member("type", type == EventRecord.unlisted ? nil : columns.log.symbol(type))
                    writer.member("time", Timestamp(microseconds: table.time(row)).text)
                    if let moment, table.time(row) < moment.microseconds {
                        writer.key("late")
                        writer.bool(true)
                    }
                }
            }
        }
        if rows.count > DifferenceLimits.events { writer.member("eventCount", rows.count) }
    }
}

/// How much is told of what differs.
private enum DifferenceLimits {
    static let journeys = 1000
    /// Of one of them, on each side: tries, subjects, and the journeys that a merge made one.
    static let outcomes = 100
    /// Of one of them.
    static let events = 100
}
