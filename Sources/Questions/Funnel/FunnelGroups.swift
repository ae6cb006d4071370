internal import Timelines

/// The totals of each group that journeys fall into.
struct FunnelGroups: Sendable {
    /// What journeys are grouped by: a value of the breakdown's field, or the first moment of a length of time.
    enum Key: Hashable, Sendable {
        case value(PropertyValue)
        case day(Int64)
    }

    private(set) var keys: [Key] = []
    private(set) var totals: [FunnelTotals] = []
    // By key, its place in the two.
    private var places: [Key: Int] = [:]

    /// Counts a journey of a group.
    mutating func add(_ key: Key, steps: Int, _ outcome: FunnelOutcome, _ matches: Span<FunnelMatch>) {
        totals[place(key, steps)].add(outcome, matches)
    }

    /// Adds those of other journeys.
    mutating func merge(_ other: FunnelGroups) {
        for (key, more) in zip(other.keys, other.totals) { totals[place(key, more.times.count)].merge(more) }
    }

    private mutating func place(_ key: Key, _ steps: Int) -> Int {
        if let place = places[key] { return place }
        places[key] = keys.count
        keys.append(key)
        totals.append(FunnelTotals(steps: steps))
        return keys.count - 1
    }
}
