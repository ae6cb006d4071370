internal import JourneyModel

/// What journeys amount to in a funnel, kept as they change: the counterpart of ``FunnelTotals`` for what comes and goes.
///
/// As ``StageCells``, it does not depend on the moment at which it is asked; two of different journeys merge by adding.
struct FunnelCells: Sendable, Equatable {
    /// By level, how many got just so far.
    private(set) var reached: [Int]
    /// By level, until when those may get further that still may.
    private(set) var deadlines: [OrderedTimes]
    /// By step from the second, the times from the step before, in microseconds.
    private(set) var times: [OrderedTimes]

    init(steps: Int) {
        reached = Array(repeating: 0, count: steps + 1)
        deadlines = Array(repeating: OrderedTimes(), count: steps + 1)
        times = Array(repeating: OrderedTimes(), count: steps)
    }

    /// Whether nothing is in it.
    var isEmpty: Bool { reached.allSatisfy { $0 == 0 } }

    mutating func add(_ contribution: FunnelContribution) {
        reached[contribution.level] += 1
        if let deadline = contribution.deadline { deadlines[contribution.level].insert(deadline) }
        for step in 1..<max(1, contribution.level) { times[step].insert(contribution.times[step] - contribution.times[step - 1]) }
    }

    /// Takes out what was added.
    mutating func remove(_ contribution: FunnelContribution) {
        reached[contribution.level] -= 1
        if let deadline = contribution.deadline { deadlines[contribution.level].remove(deadline) }
        for step in 1..<max(1, contribution.level) { times[step].remove(contribution.times[step] - contribution.times[step - 1]) }
    }

    mutating func merge(_ other: FunnelCells) {
        for level in reached.indices {
            reached[level] += other.reached[level]
            deadlines[level].merge(other.deadlines[level])
        }
        for step in times.indices { times[step].merge(other.times[step]) }
    }

    /// How many reached `step`, counted from 1.
    func count(_ step: Int) -> Int { reached[step...].reduce(0, +) }

    /// What is told of each step at a moment.
    func steps(at moment: Int64) -> [FunnelStepFigures] {
        times.indices.map { index in
            let step = index + 1
            let isLast = step == times.count
            let open = isLast ? 0 : deadlines[step].count - deadlines[step].count(below: moment)
            return FunnelStepFigures(
                count: count(step), undecided: open, dropped: isLast ? 0 : reached[step] - open, times: times[index].figures,
                all: { [times] in times[index].values })
        }
    }
}

/// What is told of one step.
struct FunnelStepFigures {
    let count: Int
    let undecided: Int
    let dropped: Int
    let times: TimeFigures?
    /// The times themselves, for a histogram.
    let all: () -> [Int64]

    /// Writes the array of steps.
    ///
    /// - Parameter histogramBins: zero for no histograms.
    static func write(_ steps: [FunnelStepFigures], _ names: [String], histogramBins: Int, to writer: inout JSONWriter) {
        let entered = steps.first?.count ?? 0
        writer.array { writer in
            for (index, (name, step)) in zip(names, steps).enumerated() {
                writer.object { writer in
                    writer.member("name", name)
                    writer.member("count", step.count)
                    writer.key("rate")
                    if entered == 0 { writer.null() } else { writer.number(Double(step.count) / Double(entered)) }
                    writer.member("undecided", step.undecided)
                    writer.member("dropped", step.dropped)
                    writer.key("timeFromPrevious")
                    TimeFigures.write(step.times, to: &writer)
                    if histogramBins > 0, index > 0 {
                        writer.key("histogram")
                        Distribution(step.all()).writeHistogram(bins: histogramBins, to: &writer)
                    }
                }
            }
        }
    }
}
