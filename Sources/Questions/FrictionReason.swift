internal import JourneyModel

/// The sentence that says why a row is where it is.
enum FrictionReason {
    static func sentence(
        _ measure: FrictionMeasure, _ segment: (field: String, value: String)?, _ figures: FrictionFigures, _ others: FrictionReference?
    ) -> String {
        let who = segment.map { "With \($0.field) = \($0.value), " } ?? ""
        let than = others.map { comparison(figures, $0) } ?? ""
        let text = who + fact(measure, figures) + than + waiting(figures) + "."
        return text.prefix(1).uppercased() + text.dropFirst()
    }

    private static func fact(_ measure: FrictionMeasure, _ figures: FrictionFigures) -> String {
        let median = figures.closed.median.map { length($0) } ?? "an unknown time"
        let rate = "\(percent(figures.share)) of \(figures.cases) journeys"
        return switch measure.kind {
        case .handoffWait:
            figures.closed.count == 0
                ? "no handoff from \(measure.from.name) to \(measure.to.name) (stage \(measure.stage)) has ended yet"
                : "half of the handoffs from \(measure.from.name) to \(measure.to.name) (stage \(measure.stage)) take longer than \(median)"
        case .dwell:
            figures.closed.count == 0
                ? "no journey has left stage \(measure.stage) yet"
                : "half of the journeys stay in stage \(measure.stage) longer than \(median)"
        case .regression: "\(rate) fall back from stage \(measure.stage)"
        case .rework: "\(rate) with this activity (\(measure.stage)) need it again"
        case .pingPong: "cases of \(rate) bounce between \(measure.from.name) and \(measure.to.name)"
        case .dropOff: "\(rate) that were decided end in stage \(measure.stage)"
        case .wait:
            figures.closed.count == 0
                ? "no case of \(measure.name) (\(measure.stage)) has ended yet"
                : "half of the cases of \(measure.name) (\(measure.stage)) take longer than \(median)"
        case .rate: "\(rate) have a \(measure.name) (\(measure.stage))"
        }
    }

    private static func comparison(_ figures: FrictionFigures, _ others: FrictionReference) -> String {
        guard figures.kind.isDuration else { return ", elsewhere \(percent(others.share))" }
        guard let own = figures.closed.median, let other = others.median, other > 0 else { return "" }
        let times = (Double(own) / Double(other) * 10).rounded() / 10
        return ", \(times) times as long as elsewhere (\(length(other)))"
    }

    private static func waiting(_ figures: FrictionFigures) -> String {
        guard let oldest = figures.open.sorted.last else { return "" }
        return "; \(figures.open.count) still wait, the oldest for \(length(oldest))"
    }

    private static func percent(_ share: Double) -> String {
        let tenths = Int((share * 1000).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10) %" : "\(tenths / 10).\(tenths % 10) %"
    }

    /// One or two units, rounded to the smaller; days alone from ten on, as tables show them.
    static func length(_ microseconds: Int64) -> String {
        let seconds = (microseconds + 500_000) / 1_000_000
        let (minutes, hours, days) = ((seconds + 30) / 60, (seconds + 1800) / 3600, (seconds + 43_200) / 86_400)
        if days >= 10 { return "\(days) d" }
        if hours >= 24 { return hours % 24 == 0 ? "\(hours / 24) d" : "\(hours / 24) d \(hours % 24) h" }
        if minutes >= 60 { return minutes % 60 == 0 ? "\(minutes / 60) h" : "\(minutes / 60) h \(minutes % 60) min" }
        return seconds >= 60 ? "\(minutes) min" : "\(seconds) s"
    }
}
