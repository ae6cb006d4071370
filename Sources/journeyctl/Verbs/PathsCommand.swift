internal import ArgumentParser
internal import CommandLineTools
internal import JourneyClient
internal import JourneyModel

/// Prints which way journeys go.
struct PathsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "paths", abstract: "Print which activity follows which, how often and after how long, and what is done again.",
        discussion: """
            Pictures, by Graphviz or without it:

              journeyctl paths --dot | dot -Tpdf > paths.pdf
              journeyctl paths --svg > paths.svg
            """)

    @OptionGroup var options: CommonOptions

    @Option(help: "What an activity is: type, or a field such as data.activity. (default: type)")
    var activity: String?

    @Option(help: "The field that says who did it, such as data.resource: rework is told apart by it.")
    var actor: String?

    @Option(help: "The field that says which department holds the case, such as data.group. (default: that of the type)")
    var department: String?

    @Option(help: "How many edges, the most frequent first; 40 in pictures. (default: 500)")
    var edges: Int?

    @Option(help: "How many variants, the most frequent first.")
    var variants = 10

    @Option(help: "Tell the paths before and after the first event of this activity.")
    var around: String?

    @Option(help: "Of --around, only journeys that do not come to this activity afterwards.")
    var without: String?

    @Option(help: "As known at a position of the log, or at a moment.")
    var asOf: String?

    @Flag(help: "Print the graph in Graphviz's language.")
    var dot = false

    @Flag(help: "Print the graph as a picture in SVG.")
    var svg = false

    private static let picturedEdges = 40

    func validate() throws {
        if dot, svg { throw ValidationError("--dot and --svg exclude each other") }
        if without != nil, around == nil { throw ValidationError("--without goes with --around") }
        if let edges, edges < 1 { throw ValidationError("--edges is a number from 1 on") }
        if variants < 0 { throw ValidationError("--variants is a number from 0 on") }
    }

    func run() async throws {
        let question = AskedQuestion("paths", asOf: asOf, write)
        guard dot || svg else { return try await question.show(options) }
        let body = try await question.answer(options.client)
        let graph = PathGraph(try JSONValue(body.span), edges: edges ?? PathsCommand.picturedEdges)
        try StandardOutput.write(Array((dot ? DotText.text(graph) : SVGText.text(graph)).utf8))
    }

    private func write(to writer: inout JSONWriter) {
        for (name, value) in [("activity", activity), ("actor", actor), ("department", department)] {
            if let value { writer.member(name, value) }
        }
        writer.key("limits")
        writer.object { writer in
            if let edges { writer.member("edges", edges) }
            writer.member("variants", variants)
        }
        guard let around else { return }
        writer.key("around")
        writer.object { writer in
            writer.member("activity", around)
            if let without { writer.member("without", without) }
        }
    }
}
