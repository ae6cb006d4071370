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
    /// Cases worse than the service level, or where there is none than the benchmark.
    package let breaches: Int
    /// What the journeys are worth that wait, or that were hit, by currency.
    package let money: [(currency: String, minor: Int64)]
    package let severity: Double

    /// Stays that may take only so long: how long, in microseconds; nil where nobody said.
    package let serviceLevel: Int64?
    /// Stays that have been open for longer than the service level: those of which no event says why, and those of which one does.
    package let stalled: Int
    package let snoozed: Int

    /// - Parameters:
    ///   - all: the cases, in the order of their journeys.
    ///   - closed: the durations of those that are closed, ascending; of none for a rate measure.
    ///   - worths: what journeys are worth.
    ///   - benchmark: what others reach; nil to compare with the cases' own.
    init(
        _ measure: FrictionMeasure, _ all: [FrictionCase], closed: [Int64], _ worths: [FrictionCases.Worth], benchmark: Double?,
        serviceLevel: Int64? = nil
    ) {
        kind = measure.kind
        cases = all.count
        affected = all.count { $0.isAffected }
        let isDuration = measure.kind.isDuration
        let (closed, open) = (Distribution(sorted: closed), Distribution(isDuration ? all.filter(\.isOpen).map(\.duration) : []))
        (self.closed, self.open, self.serviceLevel) = (closed, open, serviceLevel)
        let late = serviceLevel.map { open.count(above: $0) } ?? 0
        snoozed = serviceLevel.map { level in all.count { $0.isSnoozed && $0.duration > level } } ?? 0
        stalled = late - snoozed
        money = FrictionFigures.money(all.filter { isDuration ? $0.isOpen : $0.isAffected }, worths)
        if isDuration {
            let own = closed.count >= 4 ? closed.quantile(percent: 75).map(Double.init) : nil
            let reference = benchmark ?? own
            let limit = reference.map { Int64($0) } ?? .max
            self.benchmark = reference
            breaches = closed.count(above: serviceLevel ?? limit) + open.count(above: serviceLevel ?? limit)
            let weight = benchmark == nil ? FrictionFigures.uncomparedWeight : 1
            severity = weight * FrictionFigures.severity(closed, open, above: limit, of: all.count)
        } else {
            self.benchmark = benchmark
            breaches = affected
            severity = FrictionFigures.severity(ofRate: affected, of: cases, kind, benchmark)
        }
    }

    /// The share of the cases to which it happened.
    package var share: Double { cases == 0 ? 0 : Double(affected) / Double(cases) }

    private static func severity(_ closed: Distribution, _ open: Distribution, above limit: Int64, of count: Int) -> Double {
        let worse = Distribution(
            Array(closed.sorted.suffix(closed.count(above: limit)) + open.sorted.suffix(open.count(above: limit))))
        guard let typical = worse.median, typical > 0 else { return 0 }
        let share = Double(worse.count) / Double(count)
        return share * (1 - Double(limit) / Double(typical)) * confidence(count)
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

    private static func money(_ cases: [FrictionCase], _ worths: [FrictionCases.Worth]) -> [(currency: String, minor: Int64)] {
        var sums: [UInt32: Int64] = [:]
        // Cases are in the order of their journeys, and a journey that waits twice is worth its money once.
        var last: UInt32?
        for found in cases where found.journey != last {
            last = found.journey
            let worth = worths[Int(found.journey)]
            guard worth.currency != 0 else { continue }
            let (sum, overflow) = sums[worth.currency, default: 0].addingReportingOverflow(worth.minor)
            sums[worth.currency] = overflow ? .max : sum
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
        if let serviceLevel {
            writer.member("serviceLevel", microseconds: serviceLevel)
            writer.member("stalled", stalled)
            writer.member("snoozed", snoozed)
        }
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
