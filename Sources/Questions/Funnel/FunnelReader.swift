internal import JourneyModel
internal import Timelines

/// Reads the section `funnel` of a question.
struct FunnelReader {
    private static let members = [
        "steps", "window", "order", "semantics", "modes", "count", "exclude", "breakdown", "enteredBetween", "trend", "histogram",
        "compare",
    ]
    private static let maximumBins = 200

    private var conditions = ConditionReader()

    /// Reads the definition, and `compare` where that stands beside it; what is wrong is among the faults of `part`.
    mutating func funnel(_ part: QuestionPart, comparing beside: QuestionPart?) -> FunnelDefinition {
        part.allow(FunnelReader.members, "the funnel: its steps, window and so on")
        var funnel = FunnelDefinition()
        if let steps = part["steps"] {
            readSteps(steps, &funnel)
        } else {
            part.fault("needs steps: an array of 1 to \(FunnelDefinition.maximumSteps)")
        }
        funnel.window = part["window"]?.span()
        if let semantics = FunnelReader.semantics(part, order: part["order"]) { funnel.semantics = semantics }
        if let count = part["count"] { readCount(count, &funnel) }
        if let exclusions = part["exclude"] { readExclusions(exclusions, &funnel) }
        if let breakdown = part["breakdown"] { readBreakdown(breakdown, &funnel) }
        if let entered = part["enteredBetween"] { readEntered(entered, &funnel) }
        funnel.trend = part["trend"]?.word(FunnelDefinition.Trend.self)
        if let histogram = part["histogram"] { readHistogram(histogram, &funnel) }
        if let compare = beside ?? part["compare"] { readCompared(compare, &funnel) }
        FunnelReader.check(funnel, part)
        return funnel
    }

    private func readCompared(_ part: QuestionPart, _ funnel: inout FunnelDefinition) {
        for element in part.elements(1...8, "semantics") {
            let semantics: FunnelSemantics?
            if element.value.members != nil {
                element.allow(["semantics", "modes", "order"], "semantics, with its modes or order")
                if element["semantics"] == nil { element.fault("needs semantics: \(FunnelSemantics.names.joined(separator: ", "))") }
                semantics = FunnelReader.semantics(element, order: element["order"])
            } else {
                semantics = FunnelReader.named(element, modes: nil, order: nil)
            }
            if let semantics { funnel.compared.append(semantics) }
        }
    }

    // MARK: - Steps

    private mutating func readSteps(_ part: QuestionPart, _ funnel: inout FunnelDefinition) {
        for (index, step) in part.elements(1...FunnelDefinition.maximumSteps, "steps").enumerated() {
            step.allow(["name", "type", "where"], "a step: name, type, where")
            let pattern = pattern(step, "a step")
            funnel.steps.append(pattern)
            funnel.names.append(step["name"]?.text("the step's name") ?? pattern.types?.joined(separator: " or ") ?? "step \(index + 1)")
        }
    }

    private mutating func pattern(_ part: QuestionPart, _ meaning: String) -> FunnelDefinition.Pattern {
        if part["type"] == nil, part["where"] == nil, part.value.members != nil {
            part.fault("\(meaning) needs a type, such as sales.opportunity.won, or a where")
        }
        var types: [String]?
        if let type = part["type"] {
            if type.value.text != nil {
                types = type.text("an event type").map { [$0] }
            } else {
                types = type.elements(1...64, "event types, or be one event type").compactMap { $0.text("an event type") }
            }
        }
        return FunnelDefinition.Pattern(types: types, condition: part["where"].map { conditions.condition($0) })
    }

    private mutating func readExclusions(_ part: QuestionPart, _ funnel: inout FunnelDefinition) {
        for exclusion in part.elements(1...FunnelDefinition.maximumExclusions, "exclusions") {
            exclusion.allow(["type", "where", "between"], "an exclusion: type, where, between")
            let pattern = pattern(exclusion, "an exclusion")
            var (from, to) = (1, funnel.steps.count)
            if let between = exclusion["between"] {
                let ends = between.elements(2...2, "steps, such as [1, 2]").compactMap {
                    $0.integer(1...max(1, funnel.steps.count), "the number of a step, from 1")
                }
                guard ends.count == 2 else { continue }
                guard ends[0] < ends[1] else {
                    between.fault("must name an earlier and a later step, such as [1, 2]")
                    continue
                }
                (from, to) = (ends[0], ends[1])
            }
            funnel.exclusions.append(FunnelDefinition.Exclusion(pattern: pattern, from: from, to: to))
        }
    }

    // MARK: - Rules

    private static func semantics(_ part: QuestionPart, order: QuestionPart?) -> FunnelSemantics? {
        guard let name = part["semantics"] else {
            part["modes"]?.fault("goes with semantics clickhouse/26.9")
            return .journeyd(FunnelReader.order(order))
        }
        return named(name, modes: part["modes"], order: order)
    }

    private static func named(_ part: QuestionPart, modes: QuestionPart?, order: QuestionPart?) -> FunnelSemantics? {
        switch part.value.text {
        case "journeyd/1":
            modes?.fault("goes with semantics clickhouse/26.9")
            return .journeyd(FunnelReader.order(order))
        case "posthog":
            modes?.fault("goes with semantics clickhouse/26.9; posthog has order ordered, strict or unordered")
            // Its own name for any order.
            return .postHog(order?.value.text == "unordered" ? .any : FunnelReader.order(order))
        case "clickhouse/26.9":
            if let order, order.value.text != "ordered" { order.fault("is ordered with semantics clickhouse/26.9: modes say how strictly") }
            return clickHouse(modes)
        default:
            part.fault("must be one of \(FunnelSemantics.names.joined(separator: ", "))")
            return nil
        }
    }

    private static func order(_ part: QuestionPart?) -> FunnelSemantics.Order {
        part.map { $0.word(FunnelSemantics.Order.self) ?? .ordered } ?? .ordered
    }

    private static func clickHouse(_ part: QuestionPart?) -> FunnelSemantics? {
        var modes: FunnelSemantics.Modes = []
        let known = FunnelSemantics.Modes.names
        for element in part?.elements(0...known.count, "modes") ?? [] {
            guard let mode = known.first(where: { $0.name == element.value.text })?.mode else {
                element.fault("must be one of \(known.map(\.name).joined(separator: ", "))")
                continue
            }
            modes.insert(mode)
        }
        if modes.contains(.allowReentry), !modes.contains(.strictOrder) {
            part?.fault("has allow_reentry, which goes with strict_order only")
        }
        return .clickHouse(modes)
    }

    private static func check(_ funnel: FunnelDefinition, _ part: QuestionPart) {
        for semantics in [funnel.semantics] + funnel.compared {
            let exclude = part["exclude"]
            switch semantics {
            case .clickHouse: exclude?.fault("is nothing that clickhouse/26.9 knows: leave it out, or use journeyd/1 or posthog")
            case .postHog(.any): exclude?.fault("is nothing that posthog knows of funnels in any order")
            case .journeyd(.any):
                if funnel.exclusions.contains(where: { $0.from != 1 || $0.to != funnel.steps.count }) {
                    exclude?.fault("is between the first step and the last where the order is any: leave between out")
                }
            case .journeyd, .postHog: break
            }
            if funnel.unit == .attempts {
                guard case .journeyd = semantics else {
                    part["count"]?.fault("can be attempts with semantics journeyd/1 only; \(semantics.name) counts each journey once")
                    continue
                }
            }
        }
        if case .step(let step) = funnel.breakdown?.attribution, step > funnel.steps.count {
            part["breakdown"]?["attribution"]?.fault("names step \(step) of \(funnel.steps.count)")
        }
    }

    // MARK: - What is counted

    private func readCount(_ part: QuestionPart, _ funnel: inout FunnelDefinition) {
        guard let text = part.text("journeys, attempts, or a kind of subject such as opportunity") else { return }
        switch text {
        case "journeys": funnel.unit = .journeys
        case "attempts": funnel.unit = .attempts
        default:
            let subject = Array((text + ":x").utf8)
            if Subject.fault(subject.span) != nil || text.contains(":") {
                part.fault("must be journeys, attempts, or a kind of subject such as opportunity")
            }
            funnel.unit = .subjects(kind: text)
        }
    }

    private func readBreakdown(_ part: QuestionPart, _ funnel: inout FunnelDefinition) {
        part.allow(["field", "attribution"], "a breakdown: field, attribution")
        guard let field = part["field"] else { return part.fault("needs a field, such as data.origin") }
        guard let text = field.text("such as data.origin") else { return }
        guard let name = EventField(text), name != .time else {
            return field.fault("is not a field to break down by: type, source, subject, account, or data. with a path such as data.origin")
        }
        var attribution = FunnelDefinition.Attribution.first
        if let word = part["attribution"] {
            guard let known = FunnelReader.attribution(word.value.text) else {
                return word.fault("must be first, last, all, or step:N with the number of a step from 1")
            }
            attribution = known
        }
        funnel.breakdown = FunnelDefinition.Breakdown(field: name, attribution: attribution)
    }

    private static func attribution(_ text: String?) -> FunnelDefinition.Attribution? {
        switch text {
        case "first": return .first
        case "last": return .last
        case "all": return .all
        default:
            guard let text, text.hasPrefix("step:"), let step = Int(text.dropFirst(5)), step >= 1 else { return nil }
            return .step(step)
        }
    }

    private func readEntered(_ part: QuestionPart, _ funnel: inout FunnelDefinition) {
        let moments = part.elements(2...2, "moments: from, and before").map { $0.moment() }
        guard moments.count == 2, let from = moments[0]?.microseconds, let to = moments[1]?.microseconds else { return }
        guard from < to else { return part.fault("must name an earlier and a later moment") }
        funnel.entered = from..<to
    }

    private func readHistogram(_ part: QuestionPart, _ funnel: inout FunnelDefinition) {
        if case .bool(let flag) = part.value {
            funnel.histogramBins = flag ? 20 : 0
        } else {
            funnel.histogramBins = part.integer(1...FunnelReader.maximumBins, "how many bins, or true") ?? 0
        }
    }
}
