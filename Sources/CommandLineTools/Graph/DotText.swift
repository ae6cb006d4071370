/// A path graph in Graphviz's language (https://graphviz.org/doc/info/lang.html).
package enum DotText {
    /// The graph from top to bottom: widths of edges and shades of nodes follow the counts.
    package static func text(_ graph: PathGraph) -> String {
        let most = graph.most
        var lines = [
            "digraph paths {", "  rankdir=TB;", "  node [shape=box, style=\"rounded,filled\", fontname=\"Helvetica\", fontsize=11];",
            "  edge [fontname=\"Helvetica\", fontsize=9, color=\"#5b6770\"];",
        ]
        for (number, node) in graph.nodes.enumerated() {
            let share = Int((Double(node.count) / Double(most.node) * 100).rounded())
            lines.append("  n\(number) [label=\(quoted("\(node.name)\n\(node.count)")), fillcolor=\"0.58 0.\(twoDigits(share / 2)) 1.0\"];")
        }
        let ends: [(name: String, place: KeyPath<PathGraph.Node, Int>)] = [("start", \.starts), ("end", \.ends)]
        for (name, place) in ends where graph.nodes.contains(where: { $0[keyPath: place] > 0 }) {
            lines.append("  \(name) [label=\"\(name)\", shape=ellipse, style=\"\"];")
            for (number, node) in graph.nodes.enumerated() where node[keyPath: place] > 0 {
                let ends = name == "start" ? "start -> n\(number)" : "n\(number) -> end"
                lines.append("  \(ends) [label=\"\(node[keyPath: place])\", style=dashed];")
            }
        }
        for edge in graph.edges {
            let label = "\(edge.count)" + (edge.median.map { "\n" + DurationText.text(seconds: $0) } ?? "")
            let tenths = 10 + Int((Double(edge.count) / Double(most.edge) * 40).rounded())
            lines.append("  n\(edge.from) -> n\(edge.to) [label=\(quoted(label)), penwidth=\(tenths / 10).\(tenths % 10)];")
        }
        return lines.joined(separator: "\n") + "\n}\n"
    }

    private static func twoDigits(_ number: Int) -> String {
        number < 10 ? "0\(number)" : "\(number)"
    }

    /// A double-quoted string: a quote and a backslash are escaped, a line feed is `\n`.
    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for character in text {
            switch character {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            default: quoted.append(character)
            }
        }
        return quoted + "\""
    }
}
