/// What came of it.
struct SoakReport {
    /// What must not be.
    let faults: [String]
    let text: String

    init(
        _ daemon: SoakDaemon, _ emitters: [SoakEmitter], _ followers: [SoakFollower], _ state: SoakState, tail: Int, seconds: Double
    ) {
        var faults = state.faults
        let events = emitters.reduce(0) { $0 + $1.count }
        if tail != events { faults.append("\(events) events were acknowledged, the log ends at position \(tail)") }
        for follower in followers {
            let expected = emitters.map { $0.count - 1 }
            if follower.position != tail || follower.lastNumbers != expected {
                faults.append("\(follower.form): position \(follower.position), numbers \(follower.lastNumbers) of \(expected)")
            }
        }
        let latencies = state.latencies.sorted()
        var lines = [
            "\(events) events in \(Int(seconds)) s, \(Int(Double(events) / seconds)) a second; batches sent again: \(emitters.map(\.repetitions))",
            "\(daemon.lives.count) lives; seconds to each start: \(daemon.starts.map(SoakReport.short).joined(separator: " "))",
            "followers resumed: \(followers.map(\.resumptions)); positions seen by each: \(followers.map(\.position))",
            "\(latencies.count) questions, p50 \(SoakReport.quantile(latencies, 0.5)), p99 \(SoakReport.quantile(latencies, 0.99))",
        ]
        for (number, life) in daemon.lives.enumerated() {
            // The first fifth of a life is warming up.
            let settled = life.dropFirst(life.count / 5)
            guard let first = settled.first, let last = settled.last, last.second > first.second else { continue }
            let slope = SoakReport.slope(settled.map { ($0.second, Double($0.memory)) }) * 3600 / 1_048_576
            let descriptors = settled.map(\.descriptors)
            lines.append(
                "life \(number + 1): \(Int(last.second)) s, memory \(first.memory >> 20) to \(last.memory >> 20) MiB, slope \(Int(slope)) MiB an hour; "
                    + "descriptors \(descriptors.min() ?? 0) to \(descriptors.max() ?? 0)")
        }
        lines.append(SoakReport.peaks(daemon.lives))
        lines.append(faults.isEmpty ? "nothing was lost, doubled or reordered" : "FAULTS\n" + faults.joined(separator: "\n"))
        self.faults = faults
        text = lines.joined(separator: "\n")
    }

    /// The most memory of each life: a life warms up, and what remains of one life after the other is what grows with the log.
    private static func peaks(_ lives: [[SoakDaemon.Sample]]) -> String {
        let peaks = lives.compactMap { life in life.map(\.memory).max() }
        var begun = 0.0
        let points = zip(lives, peaks).map { (life, peak) in
            begun += life.last?.second ?? 0
            return (begun, Double(peak))
        }
        let slope = slope(points) * 3600 / 1_048_576
        let descriptors = lives.compactMap { life in life.map(\.descriptors).max() }
        return "the most of each life: memory \(peaks.map { $0 >> 20 }) MiB, slope \(Int(slope)) MiB an hour; descriptors \(descriptors)"
    }

    private static func short(_ seconds: Double) -> String { "\(Double(Int(seconds * 100)) / 100)" }

    private static func quantile(_ sorted: [Int], _ share: Double) -> String {
        guard !sorted.isEmpty else { return "–" }
        return "\(Double(sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))] / 100) / 10) ms"
    }

    /// How much `y` grows with each `x`, by least squares.
    private static func slope(_ points: [(x: Double, y: Double)]) -> Double {
        let count = Double(points.count)
        let (x, y) = (points.reduce(0) { $0 + $1.x } / count, points.reduce(0) { $0 + $1.y } / count)
        let variance = points.reduce(0) { $0 + ($1.x - x) * ($1.x - x) }
        return variance == 0 ? 0 : points.reduce(0) { $0 + ($1.x - x) * ($1.y - y) } / variance
    }
}
