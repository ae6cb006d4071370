internal import JourneyModel

/// Which subjects belong to one journey, for all of an ``EventTable`` or its beginning: what ``LinkGraph`` says of the same events.
///
/// Joined by union-find, which is a few nanoseconds an event, as most links are only said again; it cannot part what was joined. So a pair that
/// was ever unlinked is decided by its latest assertion before anything is joined, and a new unlink asks for new groups.
/// Cost: 4 bytes a subject; O(rows) to build.
struct JourneyGroups: Sendable {
    private var sets: SubjectSets
    private var contested: [LinkGraph.Pair: LinkGraph.Assertions] = [:]

    /// Groups the subjects by what the rows before `end` say.
    ///
    /// - Parameters:
    ///   - assumed: links and their ends that count as if they came behind all, in their order.
    ///   - moment: when those happen, in microseconds since 1970.
    init(
        _ table: EventTable, subjects: Int, before end: EventTable.Row, _ effects: Effects, assumed: [IdentityLens.Assumption] = [],
        at moment: Int64 = 0
    ) {
        sets = SubjectSets(count: subjects)
        let assertions = table.assertions.filter { $0.row < end && !effects.voided.contains($0.row) }
        for assertion in assertions where !assertion.isLink { contested[assertion.pair] = LinkGraph.Assertions() }
        for assumption in assumed { contested[LinkGraph.Pair(assumption.first, assumption.second)] = LinkGraph.Assertions() }
        for row in 0..<end {
            let account = table.account(row)
            guard account != 0, effects.voided.isEmpty || !effects.voided.contains(row) else { continue }
            link(LinkGraph.Pair(table.subject(row), account - 1), table, row)
        }
        for assertion in assertions {
            if assertion.isLink {
                link(assertion.pair, table, assertion.row)
            } else {
                contested[assertion.pair]?.unlink(table.time(assertion.row), table.position(assertion.row))
            }
        }
        for (number, assumption) in assumed.enumerated() {
            let pair = LinkGraph.Pair(assumption.first, assumption.second)
            let position = table.position + 1 + Position(number)
            if assumption.isLink { contested[pair]?.link(moment, position) } else { contested[pair]?.unlink(moment, position) }
        }
        for (pair, latest) in contested where latest.holds { join(pair) }
    }

    /// Takes new rows in.
    ///
    /// - Returns: false where they part, or may part, what was joined: groups must then be made anew.
    mutating func add(_ table: EventTable, subjects: Int, rows: Range<EventTable.Row>) -> Bool {
        sets.extend(to: subjects)
        for row in rows {
            let account = table.account(row)
            guard account != 0 else { continue }
            let pair = LinkGraph.Pair(table.subject(row), account - 1)
            guard contested.isEmpty || contested[pair] == nil else { return false }
            join(pair)
        }
        for assertion in table.assertions.reversed() {
            guard assertion.row >= rows.lowerBound else { break }
            guard assertion.isLink, contested[assertion.pair] == nil else { return false }
            join(assertion.pair)
        }
        return true
    }

    /// The root of each subject's group.
    func roots() -> [UInt32] { sets.roots }

    private mutating func link(_ pair: LinkGraph.Pair, _ table: EventTable, _ row: EventTable.Row) {
        if !contested.isEmpty, contested[pair] != nil {
            contested[pair]?.link(table.time(row), table.position(row))
        } else {
            join(pair)
        }
    }

    private mutating func join(_ pair: LinkGraph.Pair) { sets.join(pair.lower, pair.upper) }
}

extension LinkGraph.Assertions {
    mutating func link(_ time: Int64, _ position: Position) {
        if (time, position) > (linkedTime, linkedPosition) { (linkedTime, linkedPosition) = (time, position) }
    }

    mutating func unlink(_ time: Int64, _ position: Position) {
        if (time, position) > (unlinkedTime, unlinkedPosition) { (unlinkedTime, unlinkedPosition) = (time, position) }
    }
}
