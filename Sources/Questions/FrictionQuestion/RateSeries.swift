internal import Glibc

/// How often something happened, period by period, and how often it was to be expected: a series in which to find incidents.
struct RateSeries: Sendable {
    /// Cases, cases to which it happened, and to how many it was to be expected to happen, by period.
    let cases: [UInt32]
    let observed: [UInt32]
    let expected: [Double]

    /// A span of periods in which it happened more, or less, often than outside.
    struct Finding: Sendable, Equatable {
        let periods: Range<Int>
        let cases: Int
        let observed: Int
        /// The rate in the span, and what it would be if the rest's rate held there.
        let rate: Double
        let benchmark: Double
        /// The logarithm of the likelihood ratio.
        let evidence: Double

        /// The rate's distance from its benchmark, times how much of the greater of the two that is, times n/(n+20): the severity of a
        /// rate as the friction view has it.
        var severity: Double {
            let (high, low) = (max(rate, benchmark), min(rate, benchmark))
            guard high > 0 else { return 0 }
            return (high - low) * (1 - low / high) * Double(cases) / Double(cases + 20)
        }
    }

    /// Least ratio and distance of two rates that matter: what is less is not worth a person's time however certain it is.
    static let leastRatio = 1.5
    static let leastDistance = 0.02
    /// Fewest cases on either side, and fewest to which it happened in all.
    static let leastCases = 20

    /// What must be exceeded so that in `hypotheses` comparisons in which nothing deviates none is found, but for once in a thousand times.
    ///
    /// By Chernoff, the chance that a likelihood ratio's logarithm exceeds x is at most 2·exp(−x); a union bound over the comparisons.
    static func evidence(hypotheses: Double) -> Double {
        Glibc.log(2000 * max(hypotheses, 1))
    }

    /// How many spans are looked at in a series.
    static func spans(_ periods: Int) -> Double {
        let longest = max(periods / 2, 1)
        return Double(longest) * (Double(periods) - Double(longest - 1) / 2)
    }

    /// The span with the greatest evidence of a higher rate, or of a lower one: Kulldorff's scan statistic (1997) in its temporal form.
    ///
    /// - Parameter least: evidence that must be exceeded.
    /// - Complexity: O(periods²), a few operations each.
    func strongest(higher: Bool, least: Double) -> Finding? {
        let total = observed.reduce(0.0) { $0 + Double($1) }
        guard total >= Double(RateSeries.leastCases) else { return nil }
        let longest = max(cases.count / 2, 1)
        var best: (range: Range<Int>, evidence: Double)?
        let (cases, observed, expected) = (cases.span, observed.span, expected.span)
        for start in cases.indices {
            var (seen, hits, due) = (0.0, 0.0, 0.0)
            for end in start..<min(start + longest, cases.count) {
                seen += Double(cases[end])
                hits += Double(observed[end])
                due += expected[end]
                guard seen >= Double(RateSeries.leastCases), total - due > 0, due > 0 else { continue }
                // A ratio of hits/due to (total − hits)/(total − due), without dividing.
                let (inside, outside) = (hits * (total - due), (total - hits) * due)
                guard higher ? inside >= outside * RateSeries.leastRatio : outside >= inside * RateSeries.leastRatio else { continue }
                let bar = max(best?.evidence ?? least, least)
                // As log x < x - 1, the evidence is below Pearson's statistic, which needs no logarithm.
                guard hits * hits / due + (total - hits) * (total - hits) / (total - due) - total > bar else { continue }
                let evidence = RateSeries.evidence(hits: hits, due: due, total: total)
                if evidence > bar { best = (start..<end + 1, evidence) }
            }
        }
        guard let best else { return nil }
        let finding = finding(best.range)
        return abs(finding.rate - finding.benchmark) >= RateSeries.leastDistance ? finding : nil
    }

    /// What is known of a span.
    func finding(_ periods: Range<Int>) -> Finding {
        let total = observed.reduce(0.0) { $0 + Double($1) }
        let all = expected.reduce(0, +)
        let seen = cases[periods].reduce(0.0) { $0 + Double($1) }
        let hits = observed[periods].reduce(0.0) { $0 + Double($1) }
        let due = expected[periods].reduce(0, +)
        let outside = all - due > 0 ? (total - hits) / (all - due) : 0
        return Finding(
            periods: periods, cases: Int(seen), observed: Int(hits), rate: seen > 0 ? hits / seen : 0,
            benchmark: seen > 0 ? min(due / seen * outside, 1) : 0, evidence: RateSeries.evidence(hits: hits, due: due, total: total))
    }

    /// The Poisson model's logarithm of the likelihood ratio: that a part with `due` of `total` expected cases has a rate of its own.
    static func evidence(hits: Double, due: Double, total: Double) -> Double {
        let inside = hits > 0 ? hits * Glibc.log(hits / due) : 0
        let outside = total > hits ? (total - hits) * Glibc.log((total - hits) / (total - due)) : 0
        return inside + outside
    }
}
