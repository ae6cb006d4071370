internal import JourneyModel
internal import Timelines

/// The numbers of one row of the friction view.
package struct FrictionFigures: Sendable {
    // Figures without others to compare them with are facts, and not yet frictions.
    private static let uncomparedWeight = 0.5
    // That journeys end is the funnel's matter; it becomes friction where some end more often than others.
    private static let dropOffWeight = 0.2

    let kind: FrictionMeasure.Kind
    /// Duration measures: the closed cases.
    package let closed: Distribution
    /// Duration measures: the ages of the open cases.
    package let open: Distribution
    /// Rate measures: how many cases there are, and to how many it happened.
    package let cases: Int
    package let affected: Int
    /// Microseconds, or a share; nil where there is nothing to compare with.
    package let benchmark: Double?
    /// Cases worse than the benchmark.
    package let breaches: Int
    /// What the journeys are worth that wait, or that were hit, by currency.
    package let money: [(currency: String, minor: Int64)]
    package let severity: Double

    /// - Parameters:
    ///   - journeys: what the cases' journeys are worth; empty for no money.
    ///   - benchmark: what others reach; nil to compare with the cases' own.
    init(_ measure: FrictionMeasure, _ all: [FrictionCase], _ journeys: [JourneySummary], benchmark: Double?) {
        kind = measure.kind
        cases = all.count
        affected = all.count { $0.isAffected }
        closed = Distribution(kind.isDuration ? all.filter { !$0.isOpen }.map(\.duration) : [])
        open = Distribution(kind.isDuration ? all.filter(\.isOpen).map(\.duration) : [])
        let isDuration = measure.kind.isDuration
        money = FrictionFigures.money(all.filter { isDuration ? $0.isOpen : $0.isAffected }, journeys)
        if kind.isDuration {
            let own = closed.count >= 4 ? closed.quantile(percent: 75).map(Double.init) : nil
            let reference = benchmark ?? own
            let limit = reference.map { Int64($0) } ?? .max
            self.benchmark = reference
            breaches = closed.count(above: limit) + open.count(above: limit)
            let weight = benchmark == nil ? FrictionFigures.uncomparedWeight : 1
            severity = weight * FrictionFigures.severity(of: all, above: limit)
        } else {
            self.benchmark = benchmark
            breaches = affected
            severity = FrictionFigures.severity(ofRate: affected, of: cases, kind, benchmark)
        }
    }

    /// What other cases are measured against: the 75th percentile, or the rate.
    var reference: Double? {
        kind.isDuration ? closed.quantile(percent: 75).map(Double.init) : share
    }

    /// The share of the cases to which it happened.
    package var share: Double { cases == 0 ? 0 : Double(affected) / Double(cases) }

    /// Whether these cases are worse than `others` by half or more, and by more than chance explains (four standard errors).
    func standsOut(from others: FrictionFigures) -> Bool {
        let (count, otherCount): (Int, Int)
        let (share, otherShare): (Double, Double)
        if kind.isDuration {
            guard let limit = others.closed.quantile(percent: 75), let median = closed.median, let otherMedian = others.closed.median,
                median * 2 >= otherMedian * 3
            else { return false }
            (count, otherCount) = (closed.count, others.closed.count)
            (share, otherShare) = (Double(closed.count(above: limit)) / Double(max(count, 1)), 0.25)
        } else {
            (count, otherCount) = (cases, others.cases)
            (share, otherShare) = (self.share, others.share)
            guard share >= otherShare * 1.5, share - otherShare >= 0.05 else { return false }
        }
        guard count >= 20, otherCount >= 20 else { return false }
        let pooled = (share * Double(count) + otherShare * Double(otherCount)) / Double(count + otherCount)
        let error = (pooled * (1 - pooled) * (1 / Double(count) + 1 / Double(otherCount))).squareRoot()
        return share - otherShare > 4 * error
    }

    private static func severity(of cases: [FrictionCase], above limit: Int64) -> Double {
        let worse = Distribution(cases.lazy.filter { $0.duration > limit }.map(\.duration))
        guard let typical = worse.median, typical > 0 else { return 0 }
        let share = Double(worse.count) / Double(cases.count)
        return share * (1 - Double(limit) / Double(typical)) * confidence(cases.count)
    }

    private static func severity(ofRate affected: Int, of cases: Int, _ kind: FrictionMeasure.Kind, _ benchmark: Double?) -> Double {
        guard cases > 0 else { return 0 }
        let share = Double(affected) / Double(cases)
        guard let benchmark else { return share * (kind == .dropOff ? dropOffWeight : uncomparedWeight) * confidence(cases) }
        return max(0, share - benchmark) * confidence(cases)
    }

    private static func confidence(_ count: Int) -> Double {
        Double(count) / Double(count + 20)
    }

    private static func money(_ cases: [FrictionCase], _ journeys: [JourneySummary]) -> [(currency: String, minor: Int64)] {
        guard !journeys.isEmpty else { return [] }
        var sums: [UInt32: Int64] = [:]
        // A journey that waits twice is worth its money once.
        for number in Set(cases.map(\.journey)) where journeys[number].currency != 0 {
            let (sum, overflow) = sums[journeys[number].currency, default: 0].addingReportingOverflow(journeys[number].minor)
            sums[journeys[number].currency] = overflow ? .max : sum
        }
        return sums.map { (Currency.text($0.key), $0.value) }.sorted { $0.currency < $1.currency }
    }

    func write(to writer: inout JSONWriter) {
        writer.member("n", kind.isDuration ? closed.count : cases)
        writer.member("open", kind.isDuration ? open.count : 0)
        writer.member("p50", microseconds: closed.median)
        writer.member("p75", microseconds: closed.quantile(percent: 75))
        writer.member("p90", microseconds: closed.quantile(percent: 90))
        writer.member("oldestOpen", microseconds: open.sorted.last)
        writer.key("benchmark")
        if kind.isDuration {
            if let benchmark { writer.seconds(microseconds: Int64(benchmark)) } else { writer.null() }
        } else {
            if let benchmark { writer.number((benchmark * 1000).rounded() / 1000) } else { writer.null() }
        }
        writer.member("breaches", breaches)
        writer.key("rate")
        if kind.isDuration { writer.null() } else { writer.number((share * 1000).rounded() / 1000) }
        writer.key("money")
        writer.array { writer in
            for amount in money {
                writer.object { writer in
                    writer.member("minor", amount.minor)
                    writer.member("ccy", amount.currency)
                }
            }
        }
    }
}
