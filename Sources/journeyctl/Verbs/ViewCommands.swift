internal import ArgumentParser
internal import CommandLineTools
internal import JourneyClient
internal import JourneyModel

/// Lists the views.
struct ViewsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "views", abstract: "List the views: how far they have come, and which of them are in trouble.",
        discussion: """
            Examples:
              journeyctl views
              journeyctl views --output csv
            """)

    @OptionGroup var options: CommonOptions

    func run() async throws {
        try options.show(try await options.client.request("GET", "/v1/views").body, as: ViewList.init)
    }
}

/// Asks a view.
struct ViewCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "view", abstract: "Ask a view: as of now, as of an earlier position, or for the journeys behind one of its numbers.",
        discussion: """
            Examples:
              journeyctl view trials
              journeyctl view trials --as-of 120000
              journeyctl view trials --explain step:2,dropped
            """)

    @OptionGroup var options: CommonOptions

    @Argument(help: "Its name.")
    var name: String

    @Option(help: "The number of a version. (default: the one that answers)")
    var version: Int?

    @Option(help: "What was known at a position, or at a moment of recording.")
    var asOf: String?

    @Option(help: "A cell such as step:2,dropped, or a subject such as lead:42.")
    var explain: String?

    @Option(help: "Wait until the view has seen this position.")
    var after: String?

    func run() async throws {
        let query: KeyValuePairs<String, String?> = [
            "version": version.map { String($0) }, "asOf": asOf, "explain": explain, "after": after,
        ]
        let answer = try await options.client.request("GET", "/v1/views/\(PercentEncoding.encode(name))", query: query)
        try AskedQuestion.show(answer.body, options)
    }
}

/// Keeps a question as a view.
struct KeepCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keep", abstract: "Keep a question that stands in a file, or - for the standard input, as a live view.",
        discussion: """
            Under a name that has a view already it is another version, which takes its place when it has seen all that is stored.

            Examples:
              echo '{"funnel": {"steps": [{"type": "marketing.trial.started"}, {"type": "sales.opportunity.won"}]}}' | journeyctl keep trials -
            """)

    @OptionGroup var options: CommonOptions

    @Argument(help: "The name of the view.")
    var name: String

    @Argument(help: "The file.")
    var file: String

    func run() async throws {
        let question = try await QuestionFile.read(file)
        let answer = try await options.client.request(
            "PUT", "/v1/views/\(PercentEncoding.encode(name))", headers: ["Content-Type": "application/json"], body: question)
        try options.show(answer.body, as: Facts.init)
    }
}

/// Drops a view.
struct DropCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drop", abstract: "Drop a kept view, or one version of it. The events stay, so that it can be kept again.",
        discussion: """
            Examples:
              journeyctl drop trials --version 1
              journeyctl drop trials
            """)

    @OptionGroup var options: CommonOptions

    @Argument(help: "The name of the view.")
    var name: String

    @Option(help: "The number of a version. (default: all)")
    var version: Int?

    func run() async throws {
        let answer = try await options.client.request(
            "DELETE", "/v1/views/\(PercentEncoding.encode(name))", query: ["version": version.map { String($0) }])
        try options.show(answer.body, as: Facts.init)
    }
}

/// The views and how they are.
private struct ViewList: Answer {
    static let header = ["name", "version", "current", "upkeep", "state", "position", "lag"]
    private let views: [JSONValue]

    init(_ json: JSONValue) {
        views = json["views"]?.elements ?? []
    }

    var rows: [[String]] { views.map { $0.cells(ViewList.header) } }

    var text: String {
        var table = Table([
            .init("view"), .init("version", .right), .init("position", .right), .init("lag", .right), .init("state"), .init("upkeep"),
        ])
        for view in views {
            var state = view[orNull: "state"].readable
            if case .number(let text) = view["progress"], let share = Double(text) { state += " \(Int(share * 100)) %" }
            if let reason = view["reason"] { state += ": \(reason.readable)" }
            if let parked = view["partial"]?["parked"] { state += ", partial: \(parked.count) events parked" }
            if view["current"] == .bool(false) { state += " (not the one that answers)" }
            table.append([
                view[orNull: "name"].readable, view[orNull: "version"].count, view[orNull: "position"].count, view[orNull: "lag"].count,
                state,
                view[orNull: "upkeep"].readable,
            ])
        }
        return table.styled
    }
}
