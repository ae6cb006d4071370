/// Which activity directly follows which in the same journey, how often, and after how long.
///
/// The directly-follows graph of process mining (van der Aalst, "Process Mining", 2nd edition, section 6.2). Events carry one timestamp, so
/// the time of an edge runs from one event to the next: it is waiting and working together.
/// Cost: eight bytes a transition, kept so that medians and percentiles are exact, and one look-up in a matrix; nothing is hashed.
package struct DirectlyFollowsGraph: Sendable {
    /// What is known of an activity.
    package struct Node: Sendable, Equatable {
        /// How many events.
        package internal(set) var count = 0
        /// In how many journeys.
        package internal(set) var journeys = 0
        /// How many journeys begin with it, and how many end.
        package internal(set) var starts = 0
        package internal(set) var ends = 0
        // The last journey that had it, plus one.
        var last = 0
    }

    /// What is known of a transition.
    package struct Edge: Sendable, Equatable {
        package let from: UInt16
        package let to: UInt16
        /// In how many journeys.
        package internal(set) var journeys = 0
        /// The time of each transition, in microseconds, in no order.
        package internal(set) var times: [Int64] = []
        var last = 0

        /// How many transitions.
        package var count: Int { times.count }
    }

    /// By activity.
    package private(set) var nodes: [Node] = []
    /// In the order of their first coming.
    package private(set) var edges: [Edge] = []
    /// How many journeys, and how many events they have.
    package private(set) var journeys = 0
    package private(set) var events = 0
    // By from × side + to: the edge's index plus one.
    private var matrix: [UInt32] = []
    private var side = 0

    package init() {}

    /// Adds a journey. O(rows).
    package mutating func add(_ rows: [PathRow]) {
        guard let first = rows.first, let last = rows.last else { return }
        journeys += 1
        events += rows.count
        var previous: PathRow?
        for row in rows {
            count(row.activity)
            if let previous { follow(previous.activity, row.activity, after: row.time - previous.time) }
            previous = row
        }
        nodes[Int(first.activity)].starts += 1
        nodes[Int(last.activity)].ends += 1
    }

    /// Adds another graph's journeys, which must be other journeys than this one's.
    ///
    /// - Parameter numbers: this graph's number of each activity of the other.
    package mutating func merge(_ other: DirectlyFollowsGraph, numbers: [UInt16]) {
        for (index, node) in other.nodes.enumerated() where node.count > 0 {
            let place = Int(numbers[index])
            grow(to: place + 1)
            nodes[place].count += node.count
            nodes[place].journeys += node.journeys
            nodes[place].starts += node.starts
            nodes[place].ends += node.ends
        }
        for edge in other.edges {
            let index = index(from: numbers[Int(edge.from)], to: numbers[Int(edge.to)])
            edges[index].journeys += edge.journeys
            edges[index].times += edge.times
        }
        journeys += other.journeys
        events += other.events
    }

    private mutating func count(_ activity: UInt16) {
        let place = Int(activity)
        grow(to: place + 1)
        nodes[place].count += 1
        if nodes[place].last != journeys {
            nodes[place].last = journeys
            nodes[place].journeys += 1
        }
    }

    private mutating func follow(_ from: UInt16, _ to: UInt16, after time: Int64) {
        let index = index(from: from, to: to)
        edges[index].times.append(time)
        if edges[index].last != journeys {
            edges[index].last = journeys
            edges[index].journeys += 1
        }
    }

    /// The place of an edge, made now where it is new.
    private mutating func index(from: UInt16, to: UInt16) -> Int {
        let cell = Int(from) * side + Int(to)
        if matrix[cell] == 0 {
            edges.append(Edge(from: from, to: to))
            matrix[cell] = UInt32(edges.count)
        }
        return Int(matrix[cell]) - 1
    }

    private mutating func grow(to count: Int) {
        while nodes.count < count { nodes.append(Node()) }
        guard count > side else { return }
        side = max(16, side * 2)
        while side < count { side *= 2 }
        matrix = Array(repeating: 0, count: side * side)
        for (index, edge) in edges.enumerated() { matrix[Int(edge.from) * side + Int(edge.to)] = UInt32(index + 1) }
    }
}
