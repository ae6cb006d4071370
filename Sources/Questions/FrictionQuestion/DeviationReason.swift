internal import JourneyModel

/// What an answer says of a deviation, beside its numbers.
struct DeviationReason {
    let measure: String
    let stage: String
    let from: String?
    let to: String?
    let side: StageMap.Side
    let sentence: String

    init(_ deviation: Deviation, names: [String]) {
        func name(_ activity: UInt16) -> String { names[Int(activity)] }
        let than = deviation.isExcess ? "more" : "less"
        let (rate, benchmark) = (DeviationReason.percent(deviation.rate), DeviationReason.percent(deviation.benchmark))
        let what: String
        switch deviation.thing {
        case .occurrence(let activity):
            (measure, stage) = (deviation.isExcess ? "excess" : "deficit", name(activity))
            (from, to) = (DeviationReason.department(name(activity)), DeviationReason.department(name(activity)))
            what = "\(stage) occurs in \(rate) of the journeys' periods, \(benchmark) elsewhere: \(than) often"
        case .repetition(let activity):
            (measure, stage) = ("rework", name(activity))
            (from, to) = (DeviationReason.department(name(activity)), DeviationReason.department(name(activity)))
            what = "\(stage) is done again in \(rate) of the cases, \(benchmark) elsewhere"
        case .delay(let first, let second, let limit):
            (measure, stage) = ("dwell", "\(name(first)) → \(name(second))")
            (from, to) = (DeviationReason.department(name(first)), DeviationReason.department(name(second)))
            what =
                "\(rate) of the waits from \(name(first)) to \(name(second)) are longer than \(FrictionReason.length(limit)), \(benchmark) elsewhere"
        }
        side = DeviationReason.side(from)
        let who = deviation.segment.map { "with \($0.field) = \($0.value), " } ?? ""
        let when = deviation.period.map { "from \($0.from.text.prefix(10)) to \($0.to.text.prefix(10)), " } ?? ""
        let text = when + who + what + "."
        sentence = text.prefix(1).uppercased() + text.dropFirst()
    }

    private static func percent(_ share: Double) -> String {
        let tenths = Int((share * 1000).rounded())
        return "\(tenths / 10).\(tenths % 10) %"
    }

    /// The department that an activity belongs to: the first name of its type, where that is one.
    private static func department(_ activity: String) -> String? {
        Department(eventType: activity)?.name
    }

    /// Whom it hurts first: before the sale the prospect, after it the customer.
    private static func side(_ department: String?) -> StageMap.Side {
        switch department {
        case "marketing", "sales", "partner": .prospect
        case "ops": .seller
        default: .customer
        }
    }
}

extension Deviation {
    /// Writes a row in the form of the friction view.
    func write(to writer: inout JSONWriter, names: [String]) {
        let reason = DeviationReason(self, names: names)
        writer.object { writer in
            writer.member("measure", reason.measure)
            writer.member("from", reason.from)
            writer.member("to", reason.to)
            writer.member("stage", reason.stage)
            writer.member("side", reason.side.rawValue)
            writer.key("segment")
            if let segment {
                writer.object { writer in
                    writer.member("field", segment.field)
                    writer.member("value", segment.value)
                }
            } else {
                writer.null()
            }
            writer.key("period")
            if let period {
                writer.object { writer in
                    writer.member("from", period.from.text)
                    writer.member("to", period.to.text)
                }
            } else {
                writer.null()
            }
            writer.member("n", cases)
            writer.member("open", 0)
            for name in ["p50", "p75", "p90", "oldestOpen"] { writer.member(name, nil as String?) }
            writer.key("benchmark")
            writer.number((benchmark * 1000).rounded() / 1000)
            writer.member("breaches", observed)
            writer.key("rate")
            writer.number((rate * 1000).rounded() / 1000)
            writer.key("money")
            writer.array { _ in }
            writer.key("severity")
            writer.number(severity)
            writer.member("reason", reason.sentence)
        }
    }
}
