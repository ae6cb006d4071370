internal import CommandLineTools
internal import JourneyModel

/// The steps of a funnel that was asked for, of all journeys and of each group.
struct StepsAnswer: Answer {
    static let header = ["group"] + stepColumns + timeColumns
    private static let stepColumns = ["name", "count", "rate", "undecided", "dropped"]
    private static let timeColumns = ["n", "median", "mean", "p90", "min", "max"]
    private static let barWidth = 24

    private let json: JSONValue

    init(_ json: JSONValue) {
        self.json = json
    }

    private var funnels: [(value: String?, steps: [JSONValue])] {
        let groups = (json["groups"]?.elements ?? []).map { group in
            (value: Optional(group["value"]?.cell ?? "others"), steps: group["steps"]?.elements ?? [])
        }
        return [(value: nil, steps: json["steps"]?.elements ?? [])] + groups
    }

    var rows: [[String]] {
        funnels.flatMap { value, steps in
            steps.map { step in
                [value ?? ""] + step.cells(StepsAnswer.stepColumns) + step[orNull: "timeFromPrevious"].cells(StepsAnswer.timeColumns)
            }
        }
    }

    var text: String {
        let tables = funnels.map { value, steps in
            let heading = value.map { Style.strong("─── \(TerminalText.escaped($0))") + "\n" } ?? ""
            return heading + StepsAnswer.table(steps)
        }
        let stand = "as of \(json[orNull: "at"].moment), position \(json[orNull: "position"].count), \(json[orNull: "semantics"].readable)"
        return tables.joined(separator: "\n") + Style.faint(stand) + "\n"
    }

    private static func table(_ steps: [JSONValue]) -> String {
        var table = Table([
            .init("step"), .init("journeys", .right), .init(""), .init("of first", .right), .init("of previous", .right),
            .init("undecided", .right), .init("dropped", .right), .init("median", .right), .init("p90", .right),
        ])
        let most = steps.first?["count"]?.integer ?? 0
        for (index, step) in steps.enumerated() {
            let (time, isLast) = (step[orNull: "timeFromPrevious"], index == steps.count - 1)
            let before = index > 0 ? steps[index - 1]["count"]?.number : nil
            table.append([
                step[orNull: "name"].readable, step[orNull: "count"].count,
                Bar.text(step["count"]?.integer ?? 0, of: most, width: barWidth), ReadablePercent.text(step["rate"]?.number),
                index == 0 ? "" : ReadablePercent.text(step["count"]?.number, of: before), isLast ? "" : step[orNull: "undecided"].count,
                isLast ? "" : step[orNull: "dropped"].count, time == .null ? "" : time[orNull: "median"].duration,
                time == .null ? "" : time[orNull: "p90"].duration,
            ])
        }
        return table.styled
    }
}

/// Shares for people.
enum ReadablePercent {
    /// A share of one with a decimal; `–` where there is none.
    static func text(_ share: Double?) -> String {
        guard let share, share.isFinite, abs(share) < 1e9 else { return "–" }
        let permille = Int((share * 1000).rounded())
        return "\(permille / 10).\(abs(permille % 10)) %"
    }

    /// A part of a whole; `–` where there is no whole.
    static func text(_ part: Double?, of whole: Double?) -> String {
        guard let part, let whole, whole > 0 else { return "–" }
        return text(part / whole)
    }
}
