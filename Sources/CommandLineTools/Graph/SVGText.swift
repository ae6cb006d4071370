internal import JourneyModel

/// A path graph as a picture in SVG 1.1 that stands by itself.
package enum SVGText {
    private static let nodeWidth = 190
    private static let nodeHeight = 44
    private static let gap = 60
    private static let layerHeight = 130
    private static let margin = 50
    // How far edges that pass by layers keep to the side, and how much further for each layer.
    private static let bow = 34
    private static let bowPerLayer = 16

    /// The picture: widths of edges and shades of nodes follow the counts.
    package static func text(_ graph: PathGraph) -> String {
        let layers = GraphLayout(graph).layers
        let widest = layers.map(\.count).max() ?? 0
        let side = bow + bowPerLayer * layers.count
        let width = 2 * (margin + side) + max(widest, 1) * (nodeWidth + gap)
        let height = 2 * margin + max(layers.count, 1) * layerHeight
        var centres = [(x: Int, y: Int)](repeating: (0, 0), count: graph.nodes.count)
        for (depth, layer) in layers.enumerated() {
            let left = width / 2 - (layer.count - 1) * (nodeWidth + gap) / 2
            for (index, node) in layer.enumerated() {
                centres[node] = (left + index * (nodeWidth + gap), margin + nodeHeight / 2 + depth * layerHeight)
            }
        }
        let most = graph.most
        let edges = graph.edges.map { edge(from: centres[$0.from], to: centres[$0.to], $0, most.edge) }
        let nodes = graph.nodes.enumerated().map { node($1, at: centres[$0], most.node) }
        return """
            <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" viewBox="0 0 \(width) \(height)" font-family="Helvetica, Arial, sans-serif">
            <defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0L10 5L0 10z" fill="#5b6770"/></marker></defs>
            <rect width="100%" height="100%" fill="#ffffff"/>
            \(edges.joined(separator: "\n"))
            \(nodes.joined(separator: "\n"))
            </svg>

            """
    }

    private static func node(_ node: PathGraph.Node, at centre: (x: Int, y: Int), _ most: Int) -> String {
        // From a pale to a middling blue.
        let share = Double(node.count) / Double(most)
        let shade = [(240, 100), (246, 60), (252, 28)].map { UInt8(clamping: $0.0 - Int((Double($0.1) * share).rounded())).hexadecimal }
            .joined()
        let (x, y) = (centre.x - nodeWidth / 2, centre.y - nodeHeight / 2)
        let flow = [node.starts > 0 ? "▶ \(node.starts)" : "", node.ends > 0 ? "■ \(node.ends)" : ""].filter { !$0.isEmpty }
        let facts = (["\(node.count)"] + flow).joined(separator: "   ")
        return """
            <g><title>\(escaped(node.name))</title><rect x="\(x)" y="\(y)" width="\(nodeWidth)" height="\(nodeHeight)" rx="7" fill="#\(shade)" stroke="#5b6770"/>\
            <text x="\(centre.x)" y="\(centre.y - 3)" text-anchor="middle" font-size="12">\(escaped(shortened(node.name)))</text>\
            <text x="\(centre.x)" y="\(centre.y + 14)" text-anchor="middle" font-size="10" fill="#33414d">\(facts)</text></g>
            """
    }

    private static func edge(from: (x: Int, y: Int), to: (x: Int, y: Int), _ edge: PathGraph.Edge, _ most: Int) -> String {
        let tenths = 10 + Int((Double(edge.count) / Double(most) * 50).rounded())
        let half = nodeHeight / 2
        let layers = abs(to.y - from.y) / layerHeight
        let (path, label): (String, (x: Int, y: Int))
        if edge.from == edge.to {
            let right = from.x + nodeWidth / 2
            path = "M\(right) \(from.y - 10)C\(right + 46) \(from.y - 26) \(right + 46) \(from.y + 26) \(right) \(from.y + 10)"
            label = (right + 42, from.y - 16)
        } else if to.y > from.y, layers == 1 {
            let bend = (to.y - from.y) / 2
            path = "M\(from.x) \(from.y + half)C\(from.x) \(from.y + half + bend) \(to.x) \(to.y - half - bend) \(to.x) \(to.y - half)"
            label = ((from.x + to.x) / 2, (from.y + to.y) / 2)
        } else {
            // Past other layers: with the flow on the left, against it on the right.
            let sign = to.y > from.y ? -1 : 1
            let (start, end) = (from.x + sign * nodeWidth / 2, to.x + sign * nodeWidth / 2)
            let side = (sign < 0 ? min(start, end) : max(start, end)) + sign * (bow + bowPerLayer * layers)
            path = "M\(start) \(from.y)C\(side) \(from.y) \(side) \(to.y) \(end) \(to.y)"
            label = ((start + end + 6 * side) / 8, (from.y + to.y) / 2)
        }
        let text = escaped("\(edge.count)" + (edge.median.map { " · " + DurationText.text(seconds: $0) } ?? ""))
        let place = "x=\"\(label.x)\" y=\"\(label.y)\" text-anchor=\"middle\" font-size=\"10\""
        return """
            <path d="\(path)" fill="none" stroke="#5b6770" stroke-opacity="0.75" stroke-width="\(tenths / 10).\(tenths % 10)" marker-end="url(#tip)"/>\
            <text \(place) stroke="#ffffff" stroke-width="3">\(text)</text><text \(place)>\(text)</text>
            """
    }

    private static func shortened(_ name: String) -> String {
        name.count <= 28 ? name : "…" + name.suffix(27)
    }

    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            default: escaped.unicodeScalars.append(scalar.value < 0x20 ? "\u{FFFD}" : scalar)
            }
        }
        return escaped
    }
}
