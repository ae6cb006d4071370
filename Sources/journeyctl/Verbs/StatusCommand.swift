internal import ArgumentParser
internal import CommandLineTools
internal import JourneyClient
internal import JourneyModel

/// Tells how the daemon is.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Tell the daemon's version, the size of its log, and how far its views have come.",
        discussion: """
              journeyctl status
              journeyctl status --output json
            """)

    @OptionGroup var options: CommonOptions

    func run() async throws {
        try options.show(try await options.client.request("GET", "/v1/status").body, as: StatusAnswer.init)
    }
}

/// The daemon's state.
private struct StatusAnswer: Answer {
    static let header = ["name", "position", "lag", "state"]
    private let json: JSONValue

    init(_ json: JSONValue) {
        self.json = json
    }

    private var views: [JSONValue] { json["views"]?.elements ?? [] }

    var rows: [[String]] { views.map { $0.cells(StatusAnswer.header) } }

    var text: String {
        var facts = Table([.init(""), .init("")])
        for name in ["version", "startedat", "position"] { facts.append([name, json[orNull: name].readable]) }
        for member in json["log"]?.members ?? [] {
            facts.append(["log \(TerminalText.escaped(member.name))", member.value.count])
        }
        var table = Table([.init("view"), .init("position", .right), .init("lag", .right), .init("state")])
        for view in views {
            let state = view[orNull: "state"].readable + (view["reason"].map { ": \($0.readable)" } ?? "")
            table.append([view[orNull: "name"].readable, view[orNull: "position"].count, view[orNull: "lag"].count, state])
        }
        return facts.text + "\n" + table.styled
    }
}
