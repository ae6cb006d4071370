internal import EventLog

/// Writes metrics in Prometheus' text format, version 0.0.4
/// (https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format).
struct MetricsText {
    private(set) var text = ""

    /// How a metric changes.
    enum Kind: String {
        case counter, gauge, histogram
    }

    /// A metric with one value.
    mutating func add(_ name: String, _ kind: Kind, _ help: String, _ value: Int) {
        add(name, kind, help, [(labels: [], value: Double(value))])
    }

    /// A metric with a value for each set of labels; none where there are none.
    mutating func add(_ name: String, _ kind: Kind, _ help: String, _ values: [(labels: [(String, String)], value: Double)]) {
        guard !values.isEmpty else { return }
        begin(name, kind, help)
        for (labels, value) in values { line(name, labels, value) }
    }

    /// A histogram for each set of labels.
    ///
    /// - Parameter scale: what a unit of the histogram is in that of the metric.
    mutating func add(_ name: String, _ help: String, scale: Double, _ values: [(labels: [(String, String)], counts: Histogram.Counts)]) {
        guard !values.isEmpty else { return }
        begin(name, .histogram, help)
        for (labels, counts) in values {
            var below = 0
            for (place, count) in counts.counts.enumerated() {
                below += count
                let bound = place < counts.bounds.count ? MetricsText.number(Double(counts.bounds[place]) * scale) : "+Inf"
                line(name + "_bucket", labels + [("le", bound)], Double(below))
            }
            line(name + "_sum", labels, Double(counts.sum) * scale)
            line(name + "_count", labels, Double(below))
        }
    }

    private mutating func begin(_ name: String, _ kind: Kind, _ help: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
    }

    private mutating func line(_ name: String, _ labels: [(String, String)], _ value: Double) {
        text += name
        if !labels.isEmpty {
            text += "{" + labels.map { "\($0)=\"\(MetricsText.escaped($1))\"" }.joined(separator: ",") + "}"
        }
        text += " \(MetricsText.number(value))\n"
    }

    private static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : "\(value)"
    }

    private static func escaped(_ value: String) -> String {
        var text = ""
        for character in value {
            switch character {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.append(character)
            }
        }
        return text
    }
}
