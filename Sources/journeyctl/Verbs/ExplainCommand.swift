internal import ArgumentParser
internal import JourneyModel

/// Explains how a journey came out of a funnel.
struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Tell why a journey went through a funnel, or did not, and what would have changed that.",
        discussion: """
              journeyctl explain lead:42 --step marketing.lead.qualified --step sales.opportunity.won --window 90d
            """)

    @OptionGroup var options: CommonOptions
    @OptionGroup var steps: StepOptions

    @Argument(help: "Any subject of the journey, such as lead:42.")
    var subject: String

    func validate() throws {
        guard !steps.step.isEmpty else { throw ValidationError("--step is needed, once for each step of the funnel") }
    }

    func run() async throws {
        let question = AskedQuestion("funnel", asOf: steps.asOf) { writer in
            writer.key("explain")
            writer.object { $0.member("journey", subject) }
        } _: { writer in
            steps.write(to: &writer)
        }
        try await question.show(options)
    }
}
