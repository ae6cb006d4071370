/// All that a path question adds up over journeys.
///
/// A value whose merge is associative: shards that hold other journeys are added up in any grouping, each with numbers of its
/// own for activities and departments.
package struct PathStatistics: Sendable {
    package internal(set) var names: PathNames
    package private(set) var graph = DirectlyFollowsGraph()
    package private(set) var variants = Variants()
    package private(set) var rework = Rework()
    package private(set) var pingPong = PingPong()
    package private(set) var around: PathsAround?

    /// - Parameter around: the anchor of the paths before and after it, where they are asked for.
    package init(names: PathNames = PathNames(), around: PathsAround.Anchor? = nil) {
        self.names = names
        self.around = around.map { PathsAround($0) }
    }

    /// Adds a journey: its rows in the order of time, then position. O(rows).
    package mutating func add(_ rows: [PathRow]) {
        graph.add(rows)
        variants.add(rows)
        rework.add(rows)
        pingPong.add(rows)
        around?.add(rows)
    }

    /// Adds what another shard found.
    ///
    /// - Returns: false where there are too many activities together: nothing was added then.
    package mutating func merge(_ other: PathStatistics) -> Bool {
        var merged = names
        let activities = other.names.activities.compactMap { merged.activity($0) }
        guard activities.count == other.names.activities.count else { return false }
        let departments = other.names.departments.map { merged.department($0) }
        names = merged
        graph.merge(other.graph, numbers: activities)
        variants.merge(other.variants, numbers: activities)
        rework.merge(other.rework, numbers: activities)
        pingPong.merge(other.pingPong, numbers: departments)
        if let others = other.around { around?.merge(others, numbers: activities) }
        return true
    }
}
