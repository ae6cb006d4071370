internal import JourneyModel

/// What is added up of the journeys of one group. Two of different journeys merge by adding.
struct FunnelTotals: Sendable {
    /// By level, how many got just so far, and how many of those may still get further. Level 0 is not counted.
    private(set) var reached: [Int]
    private(set) var open: [Int]
    /// By step from the second, the times from the step before, in microseconds.
    private(set) var times: [[Int64]]

    init(steps: Int) {
        reached = Array(repeating: 0, count: steps + 1)
        open = Array(repeating: 0, count: steps + 1)
        times = Array(repeating: [], count: steps)
    }

    /// Counts a journey that entered.
    mutating func add(_ outcome: FunnelOutcome, _ matches: Span<FunnelMatch>) {
        reached[outcome.level] += 1
        if outcome.isOpen { open[outcome.level] += 1 }
        guard outcome.level > 1 else { return }
        var previous = matches[Int(outcome.chain[0])].time
        for step in 1..<outcome.level {
            let time = matches[Int(outcome.chain[step])].time
            times[step].append(time - previous)
            previous = time
        }
    }

    /// Adds those of other journeys.
    mutating func merge(_ other: FunnelTotals) {
        for level in reached.indices {
            reached[level] += other.reached[level]
            open[level] += other.open[level]
        }
        for step in times.indices { times[step] += other.times[step] }
    }

    /// How many reached `step`, counted from 1.
    func count(_ step: Int) -> Int {
        reached[step...].reduce(0, +)
    }

    /// Of those that reached `step`, how many still can reach the next.
    func undecided(_ step: Int) -> Int {
        step == reached.count - 1 ? 0 : open[step]
    }

    /// Of those that reached `step`, how many can reach the next no more.
    func dropped(_ step: Int) -> Int {
        step == reached.count - 1 ? 0 : reached[step] - open[step]
    }

    /// What is told of each step.
    var steps: [FunnelStepFigures] {
        times.indices.map { index in
            FunnelStepFigures(
                count: count(index + 1), undecided: undecided(index + 1), dropped: dropped(index + 1),
                times: Distribution(times[index]).figures, all: { [times] in times[index] })
        }
    }

    /// Writes the array of steps.
    ///
    /// - Parameter histogramBins: zero for no histograms.
    func writeSteps(_ names: [String], histogramBins: Int, to writer: inout JSONWriter) {
        FunnelStepFigures.write(steps, names, histogramBins: histogramBins, to: &writer)
    }
}
