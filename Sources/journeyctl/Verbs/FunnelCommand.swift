internal import ArgumentParser
internal import CommandLineTools
internal import JourneyClient
internal import JourneyModel

/// Prints how far journeys come.
struct FunnelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "funnel", abstract: "Print how many journeys reach each stage, how many go on, and after how long.",
        discussion: """
            Without --step, the funnel of the stages, which is kept up to date. With --step, any funnel over all of history:

              journeyctl funnel --step marketing.lead.qualified --step sales.opportunity.won --window 90d --by data.region
            """)

    @OptionGroup var options: CommonOptions
    @OptionGroup var view: ViewOptions
    @OptionGroup var steps: StepOptions

    func validate() throws {
        if !steps.step.isEmpty, view.scope != nil || view.after != nil {
            throw ValidationError("--scope and --after go with the funnel of the stages, not with --step")
        }
        if !steps.step.isEmpty, (view.from == nil) != (view.to == nil) { throw ValidationError("with --step, --from and --to go together") }
    }

    func run() async throws {
        guard steps.step.isEmpty else { return try await question.show(options) }
        let client = options.client
        let response = try await client.request("GET", "/v1/funnel", query: try await view.query(client))
        try options.show(response.body, as: FunnelAnswer.init)
    }

    private var question: AskedQuestion {
        AskedQuestion("funnel", asOf: steps.asOf) { writer in
            if let at = view.at { writer.member("at", at) }
        } _: { writer in
            steps.write(to: &writer)
            if let by = view.by {
                writer.key("breakdown")
                writer.object { $0.member("field", by) }
            }
            guard let from = view.from, let to = view.to else { return }
            writer.key("enteredBetween")
            writer.array { writer in for moment in [from, to] { writer.string(moment) } }
        }
    }
}

/// The funnel, of all journeys and of each group.
private struct FunnelAnswer: Answer {
    static let header = ["group"] + stageColumns + timeColumns
    private static let stageColumns = ["stage", "title", "department", "entered", "converted", "undecided", "dropped", "contradictions"]
    private static let timeColumns = ["n", "median", "mean", "p90", "min", "max"]
    private static let barWidth = 24

    private let json: JSONValue

    init(_ json: JSONValue) {
        self.json = json
    }

    /// The funnel of all journeys has no value, those of the groups have that of the field asked for.
    private var funnels: [(value: JSONValue?, stages: [JSONValue])] {
        let groups = (json["groups"]?.elements ?? []).map { (value: $0[orNull: "value"], stages: $0["stages"]?.elements ?? []) }
        return [(value: nil, stages: json["stages"]?.elements ?? [])] + groups
    }

    var rows: [[String]] {
        funnels.flatMap { value, stages in
            stages.map { stage in
                [value?.cell ?? ""] + stage.cells(FunnelAnswer.stageColumns)
                    + stage[orNull: "timeToNext"].cells(FunnelAnswer.timeColumns)
            }
        }
    }

    var text: String {
        let tables = funnels.map { value, stages in
            let heading = value.map { Style.strong(String(repeating: "─", count: 3) + " \($0.readable)") + "\n" } ?? ""
            return heading + FunnelAnswer.table(stages)
        }
        return tables.joined(separator: "\n")
            + Style.faint("as of \(json[orNull: "at"].moment), position \(json[orNull: "position"].count)\(contradictions)") + "\n"
    }

    private var contradictions: String {
        let count = (json["stages"]?.elements ?? []).reduce(0) { $0 + ($1["contradictions"]?.integer ?? 0) }
        return count == 0 ? "" : ", \(count.grouped) contradictions"
    }

    private static func table(_ stages: [JSONValue]) -> String {
        var table = Table([
            .init("stage"), .init("department"), .init("entered", .right), .init(""), .init("go on", .right), .init("rate", .right),
            .init("undecided", .right), .init("dropped", .right), .init("median", .right), .init("p90", .right),
        ])
        let most = stages.compactMap { $0["entered"]?.integer }.max() ?? 0
        for (index, stage) in stages.enumerated() {
            let time = stage[orNull: "timeToNext"]
            // Nothing lies behind the last stage.
            let isLast = index == stages.count - 1
            table.append([
                (stage["title"] ?? stage[orNull: "stage"]).readable, stage[orNull: "department"].readable,
                stage[orNull: "entered"].count,
                Bar.text(stage["entered"]?.integer ?? 0, of: most, width: barWidth), isLast ? "" : stage[orNull: "converted"].count,
                isLast ? "" : rate(stage), isLast ? "" : stage[orNull: "undecided"].count, isLast ? "" : stage[orNull: "dropped"].count,
                time == .null ? "" : time[orNull: "median"].duration, time == .null ? "" : time[orNull: "p90"].duration,
            ])
        }
        return table.styled
    }

    private static func rate(_ stage: JSONValue) -> String {
        guard let entered = stage["entered"]?.number, let converted = stage["converted"]?.number, entered > 0 else { return "–" }
        let permille = Int((converted / entered * 1000).rounded())
        return "\(permille / 10).\(permille % 10) %"
    }
}
