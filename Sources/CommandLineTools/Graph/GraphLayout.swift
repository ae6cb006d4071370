/// Places the nodes of a path graph in layers from top to bottom, so that most edges go down and few cross.
///
/// The layered method of Sugiyama, Tagawa and Toda (1981) in its simplest form: the most frequent edges that close no cycle give the
/// layers (longest path), and a few sweeps put each node near the middle of its neighbours.
package struct GraphLayout: Sendable {
    /// By layer from the top, the nodes from left to right.
    package let layers: [[Int]]

    /// - Complexity: O(edges × nodes).
    package init(_ graph: PathGraph) {
        let count = graph.nodes.count
        let forward = GraphLayout.acyclic(graph)
        var layer = [Int](repeating: 0, count: count)
        // Longest paths in a graph without cycles are found after so many rounds at the latest.
        for _ in 0..<count {
            var isChanged = false
            for edge in forward where layer[edge.to] < layer[edge.from] + 1 {
                layer[edge.to] = layer[edge.from] + 1
                isChanged = true
            }
            guard isChanged else { break }
        }
        var layers = [[Int]](repeating: [], count: (layer.max() ?? -1) + 1)
        for node in 0..<count { layers[layer[node]].append(node) }
        var place = [Double](repeating: 0, count: count)
        func number() {
            for layer in layers { for (index, node) in layer.enumerated() { place[node] = Double(index) - Double(layer.count - 1) / 2 } }
        }
        number()
        for _ in 0..<8 {
            for index in layers.indices {
                let wanted = layers[index].map { node -> (node: Int, place: Double) in
                    let near = graph.edges.filter { $0.from != $0.to && ($0.from == node || $0.to == node) }
                    let weight = near.reduce(0.0) { $0 + Double($1.count) }
                    let sum = near.reduce(0.0) { $0 + place[$1.from == node ? $1.to : $1.from] * Double($1.count) }
                    return (node, weight > 0 ? sum / weight : place[node])
                }
                layers[index] = wanted.sorted { ($0.place, $0.node) < ($1.place, $1.node) }.map(\.node)
            }
            number()
        }
        self.layers = layers
    }

    /// Edges taken from the most frequent on, without those that would close a cycle.
    private static func acyclic(_ graph: PathGraph) -> [PathGraph.Edge] {
        var kept: [PathGraph.Edge] = []
        var following = [[Int]](repeating: [], count: graph.nodes.count)
        func reaches(_ from: Int, _ to: Int) -> Bool {
            var (seen, open) = (Set([from]), [from])
            while let node = open.popLast() {
                if node == to { return true }
                for next in following[node] where seen.insert(next).inserted { open.append(next) }
            }
            return false
        }
        for edge in graph.edges where edge.from != edge.to && !reaches(edge.to, edge.from) {
            following[edge.from].append(edge.to)
            kept.append(edge)
        }
        return kept
    }
}
