/// The samples of a text in Prometheus' format, as far as a program reads what another one wrote: no time stamps, no exemplars.
package struct MetricSamples: Equatable, Sendable {
    private struct Sample: Equatable {
        let name: Substring
        let labels: Substring
        let value: Double
    }

    private let samples: [Sample]

    /// Reads the text; what is no sample is passed over.
    package init(_ text: String) {
        samples = text.split(separator: "\n").compactMap { line in
            guard !line.hasPrefix("#"), let space = line.lastIndex(of: " "), let value = Double(line[line.index(after: space)...]) else {
                return nil
            }
            let name = line[..<space]
            guard let brace = name.firstIndex(of: "{") else { return Sample(name: name, labels: "", value: value) }
            return Sample(name: name[..<brace], labels: name[brace...].dropFirst().dropLast(), value: value)
        }
    }

    /// The value of the sample of this name without labels; nil where there is none.
    package subscript(name: String) -> Double? {
        samples.first { $0.name == name && $0.labels.isEmpty }?.value
    }

    /// The sum over all labels; zero where there are no samples.
    package func sum(_ name: String) -> Double {
        samples.reduce(0) { $0 + ($1.name == name ? $1.value : 0) }
    }
}
