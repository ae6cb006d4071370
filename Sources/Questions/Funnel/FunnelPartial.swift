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

    /// What journeys are grouped by: a value of the breakdown's field, or the first day of a length of time.
    enum Key: Hashable, Sendable {
        case value(PropertyValue)
        case day(Int64)
    }

    var totals: FunnelTotals
    var groups: [Key: FunnelTotals] = [:]
    var trend: [Key: FunnelTotals] = [:]
    var listed: [Listed] = []

    init(steps: Int) {
        totals = FunnelTotals(steps: steps)
    }

    mutating func merge(_ other: FunnelPartial) {
        totals.merge(other.totals)
        groups.merge(other.groups) { one, other in
            var sum = one
            sum.merge(other)
            return sum
        }
        trend.merge(other.trend) { one, other in
            var sum = one
            sum.merge(other)
            return sum
        }
        listed += other.listed
    }
}
