package import JourneyModel

/// A directly-follows graph as the daemon answers it, cut to what can be looked at.
package struct PathGraph: Sendable {
    /// An activity.
    package struct Node: Sendable, Equatable {
        package let name: String
        package let count: Int
        /// How many journeys begin and end with it.
        package let starts: Int
        package let ends: Int
    }

    /// One activity that directly follows another.
    package struct Edge: Sendable, Equatable {
        /// Indices of nodes.
        package let from: Int
        package let to: Int
        package let count: Int
        /// Seconds.
        package let median: Double?
    }

    package let nodes: [Node]
    /// The most frequent first.
    package let edges: [Edge]

    /// Reads the answer to a path question.
    ///
    /// - Parameter edges: how many of the most frequent edges are kept; a node that no kept edge touches, and where no journey begins or ends, goes.
    package init(_ answer: JSONValue, edges limit: Int) {
        let all = (answer["activities"]?.elements ?? []).compactMap { activity in
            activity["activity"]?.text.map { name in
                Node(
                    name: name, count: activity["count"]?.integer ?? 0, starts: activity["starts"]?.integer ?? 0,
                    ends: activity["ends"]?.integer ?? 0)
            }
        }
        let kept = (answer["edges"]?.elements ?? []).prefix(limit)
        let touched = Set(kept.flatMap { [$0["from"]?.text, $0["to"]?.text].compactMap(\.self) })
        nodes = all.filter { touched.contains($0.name) || $0.starts > 0 || $0.ends > 0 }
        var numbers: [String: Int] = [:]
        for (number, node) in nodes.enumerated() { numbers[node.name] = number }
        self.edges = kept.compactMap { edge in
            guard let from = edge["from"]?.text.flatMap({ numbers[$0] }), let to = edge["to"]?.text.flatMap({ numbers[$0] }) else {
                return nil
            }
            var median: Double?
            if case .number(let text) = edge["waiting"]?["median"] ?? .null { median = Double(text) }
            return Edge(from: from, to: to, count: edge["count"]?.integer ?? 0, median: median)
        }
    }

    /// The greatest count of an edge, and of a node; at least 1.
    package var most: (edge: Int, node: Int) {
        (max(edges.map(\.count).max() ?? 1, 1), max(nodes.map(\.count).max() ?? 1, 1))
    }
}
