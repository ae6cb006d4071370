internal import Timelines

/// What came of one piece of the journeys: merged with those of the others, it is the answer.
struct FunnelPartial: Sendable {
    /// What is told of one journey, try or subject.
    struct Listed: Sendable {
        let root: UInt32
        /// The subject that is counted, plus one; zero where journeys or tries are.
        let subject: UInt32
        let level: UInt8
        let isOpen: Bool
        /// The rows of the chain.
        let rows: [EventTable.Row]
    }

    var totals: FunnelTotals
    var groups = FunnelGroups()
    var trend = FunnelGroups()
    var listed: [Listed] = []

    init(steps: Int) {
        totals = FunnelTotals(steps: steps)
    }

    mutating func merge(_ other: FunnelPartial) {
        totals.merge(other.totals)
        groups.merge(other.groups)
        trend.merge(other.trend)
        listed += other.listed
    }
}
