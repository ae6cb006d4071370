package import Timelines

/// Finds where and when journeys fare otherwise than the rest, with no map of stages and no word on what to look for.
///
/// For each activity, its repetition, and each slow transition, two questions are asked of the counts, of transitions the second alone:
/// 1. Is there a **span of time** in which it happens more often (or else less often) than outside? Kulldorff's scan statistic over all
///    spans up to half the time, for all journeys and for each segment alone. A segment is named in place of all journeys where within the span it
///    is worse than the other values of its dimension by half or more and by four standard errors.
/// 2. Does it happen more or less often in a **segment** than in the dimension's other values, throughout?
///
/// What is expected is standardised by the age of the journey (indirect standardisation): what happens late in a journey's life is not new
/// because the company is young. The bar is Bonferroni's over all comparisons, at one in a thousand for the whole question.
package struct Deviations: Sendable {
    /// The most severe first.
    package let found: [Deviation]

    /// - Complexity: O(things × segments × periods²), a few operations each, on so many threads.
    package init(_ counts: DeviationCounts, threads: Int = 1, _ monitor: WorkMonitor = WorkMonitor()) {
        let search = Search(counts)
        let found = Parallel.map(search.things.count, threads: threads) { number in
            monitor.isCancelled ? [] : search.deviations(of: search.things[number])
        }
        self.found = found.flatMap(\.self).sorted { left, right in
            left.severity != right.severity ? left.severity > right.severity : Deviations.key(left) < Deviations.key(right)
        }
    }

    private static func key(_ deviation: Deviation) -> String {
        "\(deviation.thing) \(deviation.segment?.field ?? "") \(deviation.segment?.value ?? "")"
    }
}

private struct Search: Sendable {
    let counts: DeviationCounts
    let things: [Thing]
    // By block: journeys' periods by period, and by age of the journey.
    private let cases: [[UInt32]]
    private let exposures: [[Int]]
    private let leastInTime: Double
    private let leastThroughout: Double

    /// A thing and its place in the frame.
    struct Thing: Sendable {
        let name: Deviation.Thing
        let place: Int
    }

    init(_ counts: DeviationCounts) {
        self.counts = counts
        let frame = counts.frame
        var things: [Thing] = []
        for (place, activity) in frame.activities.enumerated() {
            things.append(Thing(name: .occurrence(activity: activity), place: place))
            things.append(Thing(name: .repetition(activity: activity), place: place))
        }
        for (place, transition) in frame.transitions.enumerated() {
            let delay = Deviation.Thing.delay(from: transition.from, to: transition.to, limit: transition.limit)
            things.append(Thing(name: delay, place: place))
        }
        self.things = things
        let (periods, ages) = (frame.periods, counts.ages)
        cases = counts.blocks.map { block in
            var cases = [UInt32](repeating: 0, count: periods)
            for age in 0..<ages { Search.add(block.exposed[age * periods..<(age + 1) * periods], to: &cases) }
            return cases
        }
        exposures = counts.blocks.map { block in
            (0..<ages).map { age in block.exposed[age * periods..<(age + 1) * periods].reduce(0) { $0 + Int($1) } }
        }
        let series = Double(things.count * counts.blocks.count)
        leastInTime = RateSeries.evidence(hypotheses: 2 * series * RateSeries.spans(frame.periods))
        leastThroughout = RateSeries.evidence(hypotheses: 2 * series)
    }

    /// The incidents of a thing, or where it has none the segment in which it is otherwise throughout.
    func deviations(of thing: Thing) -> [Deviation] {
        // A wait that has not ended is not seen: the last periods have only short ones, as the first have of waits that end in them. Segments
        // lack the same, so they can be compared, and spans of time cannot.
        if case .delay = thing.name { return standing(thing) }
        let all = series(thing, 0)
        for higher in [true, false] {
            let incidents = incidents(thing, all, higher: higher)
            if !incidents.isEmpty { return incidents }
        }
        return standing(thing)
    }

    private func incidents(_ thing: Thing, _ all: RateSeries, higher: Bool) -> [Deviation] {
        let whole = all.strongest(higher: higher, least: leastInTime)
        // That something is rarer in a segment for a while is no incident of the segment: it is the rest of an excess elsewhere.
        guard higher, let worst = worstSegment(thing) else { return whole.map { [deviation(thing, 0, $0)] } ?? [] }
        let incident = deviation(thing, worst.number, worst.finding)
        // What is left when the segment is taken away may still be one.
        guard let whole, rest(of: worst.number, thing).strongest(higher: true, least: leastInTime) != nil else { return [incident] }
        return [incident, deviation(thing, 0, whole)]
    }

    /// The segment with the most severe incident that the other values of its dimension do not have.
    private func worstSegment(_ thing: Thing) -> (number: Int, finding: RateSeries.Finding)? {
        var worst: (number: Int, finding: RateSeries.Finding)?
        for number in counts.blocks.indices.dropFirst() {
            guard let finding = series(thing, number).strongest(higher: true, least: leastInTime),
                finding.severity > worst?.finding.severity ?? 0,
                isWorse(finding, than: rest(of: number, thing).finding(finding.periods))
            else { continue }
            worst = (number, finding)
        }
        return worst
    }

    /// The segment that differs most from the other values of its dimension over all of the time.
    private func standing(_ thing: Thing) -> [Deviation] {
        var worst: (number: Int, finding: RateSeries.Finding)?
        for number in counts.blocks.indices.dropFirst() {
            guard let finding = throughout(thing, number), finding.evidence > leastThroughout,
                finding.severity > worst?.finding.severity ?? 0
            else { continue }
            worst = (number, finding)
        }
        return worst.map { [deviation(thing, $0.number, $0.finding, throughout: true)] } ?? []
    }

    /// A segment beside the other values of its dimension, as if it were a span of a series with two periods.
    private func throughout(_ thing: Thing, _ number: Int) -> RateSeries.Finding? {
        let others = siblings(of: number)
        let own = totals(thing, [number], standard: others + [number])
        let rest = totals(thing, others, standard: others + [number])
        guard own.cases >= RateSeries.leastCases, rest.cases >= RateSeries.leastCases, own.observed + rest.observed >= RateSeries.leastCases
        else { return nil }
        let series = RateSeries(
            cases: [UInt32(own.cases), UInt32(rest.cases)], observed: [UInt32(own.observed), UInt32(rest.observed)],
            expected: [own.expected, rest.expected])
        let finding = series.finding(0..<1)
        let (high, low) = (max(finding.rate, finding.benchmark), min(finding.rate, finding.benchmark))
        guard high >= low * RateSeries.leastRatio, high - low >= RateSeries.leastDistance, own.expected > 0 else { return nil }
        return finding
    }

    /// Two proportions: worse by half or more, and by four standard errors.
    private func isWorse(_ finding: RateSeries.Finding, than others: RateSeries.Finding) -> Bool {
        guard others.cases >= RateSeries.leastCases, finding.rate >= others.rate * RateSeries.leastRatio else { return false }
        let (count, otherCount) = (Double(finding.cases), Double(others.cases))
        let pooled = (Double(finding.observed) + Double(others.observed)) / (count + otherCount)
        let error = (pooled * (1 - pooled) * (1 / count + 1 / otherCount)).squareRoot()
        return finding.rate - others.rate > 4 * error
    }

    private func deviation(_ thing: Thing, _ number: Int, _ finding: RateSeries.Finding, throughout: Bool = false) -> Deviation {
        let segment = counts.segments[number].map { (field: counts.frame.dimensions[$0.dimension], value: $0.value) }
        return Deviation(thing.name, segment, throughout ? nil : counts.frame.moments(finding.periods), finding)
    }
}

// MARK: - Series

extension Search {
    /// The other values of a segment's dimension.
    private func siblings(of number: Int) -> [Int] {
        counts.blocks.indices.dropFirst().filter { $0 != number && counts.segments[$0]?.dimension == counts.segments[number]?.dimension }
    }

    private func series(_ thing: Thing, _ number: Int) -> RateSeries {
        series(thing, [number])
    }

    private func rest(of number: Int, _ thing: Thing) -> RateSeries {
        series(thing, siblings(of: number))
    }

    /// The series of some segments together, with what their own total makes expected.
    private func series(_ thing: Thing, _ numbers: [Int]) -> RateSeries {
        let periods = counts.frame.periods
        let (cases, observed) = self.counted(thing, numbers)
        guard case .occurrence = thing.name else {
            let share = Search.share(observed, cases)
            return RateSeries(cases: cases, observed: observed, expected: cases.map { Double($0) * share })
        }
        var expected = [Double](repeating: 0, count: periods)
        let shares = agedShares(thing, numbers)
        for number in numbers {
            let exposed = counts.blocks[number].exposed
            for age in 0..<counts.ages where shares[age] > 0 {
                let (share, row) = (shares[age], age * periods)
                for period in 0..<periods { expected[period] += Double(exposed[row + period]) * share }
            }
        }
        return RateSeries(cases: cases, observed: observed, expected: expected)
    }

    /// Cases and hits by period.
    private func counted(_ thing: Thing, _ numbers: [Int]) -> (cases: [UInt32], observed: [UInt32]) {
        let periods = counts.frame.periods
        var cases = [UInt32](repeating: 0, count: periods)
        var observed = cases
        let row = thing.place * periods..<(thing.place + 1) * periods
        for number in numbers {
            let block = counts.blocks[number]
            switch thing.name {
            case .occurrence:
                Search.add(self.cases[number][...], to: &cases)
                Search.add(block.occurred[row], to: &observed)
            case .repetition:
                Search.add(block.occurred[row], to: &cases)
                Search.add(block.repeated[row], to: &observed)
            case .delay:
                Search.add(block.followed[row], to: &cases)
                Search.add(block.slow[row], to: &observed)
            }
        }
        return (cases, observed)
    }

    /// What some segments have in all, and what the standard's rates make expected.
    private func totals(_ thing: Thing, _ numbers: [Int], standard: [Int]) -> (cases: Int, observed: Int, expected: Double) {
        let (cases, observed) = counted(thing, numbers)
        let (count, hits) = (cases.reduce(0) { $0 + Int($1) }, observed.reduce(0) { $0 + Int($1) })
        guard case .occurrence = thing.name else {
            let (cases, observed) = counted(thing, standard)
            return (count, hits, Double(count) * Search.share(observed, cases))
        }
        let shares = agedShares(thing, standard)
        var expected = 0.0
        for number in numbers {
            for age in 0..<counts.ages { expected += Double(exposed(number, age)) * shares[age] }
        }
        return (count, hits, expected)
    }

    /// By age of the journey: of the cases those in which an activity occurs.
    private func agedShares(_ thing: Thing, _ numbers: [Int]) -> [Double] {
        (0..<counts.ages).map { age in
            let cases = numbers.reduce(0) { $0 + exposed($1, age) }
            let hits = numbers.reduce(0) { $0 + Int(counts.blocks[$1].occurredByAge[thing.place * counts.ages + age]) }
            return cases > 0 ? Double(hits) / Double(cases) : 0
        }
    }

    private func exposed(_ number: Int, _ age: Int) -> Int { exposures[number][age] }

    private static func share(_ hits: [UInt32], _ cases: [UInt32]) -> Double {
        let all = cases.reduce(0) { $0 + Int($1) }
        return all > 0 ? Double(hits.reduce(0) { $0 + Int($1) }) / Double(all) : 0
    }

    private static func add(_ values: ArraySlice<UInt32>, to sums: inout [UInt32]) {
        for index in sums.indices { sums[index] += values[values.startIndex + index] }
    }
}
