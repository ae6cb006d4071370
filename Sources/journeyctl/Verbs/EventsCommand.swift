internal import ArgumentParser
internal import CommandLineTools
internal import JourneyClient
internal import JourneyModel

/// Prints stored events.
struct EventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "Print stored events in the order of their positions.",
        discussion: """
              journeyctl events --after 1200 --limit 20
              journeyctl events --type 'sales.*' --journey lead:42
            """)

    @OptionGroup var options: CommonOptions

    @Option(help: "Only events behind this position.")
    var after: UInt64?

    @Option(help: "No more than this many. (default: what the daemon gives at once)")
    var limit: Int?

    @Option(help: "Only events of this type; marketing.* are all that begin so.")
    var type: String?

    @Option(help: "Only events of this subject, such as lead:42.")
    var subject: String?

    @Option(help: "Only events of the journey this subject belongs to.")
    var journey: String?

    func run() async throws {
        let response = try await options.client.request(
            "GET", "/v1/events",
            query: [
                "after": after.map(String.init), "limit": limit.map(String.init), "type": type, "subject": subject, "journey": journey,
            ])
        try options.show(response.body, as: EventsAnswer.init)
    }
}

/// A page of events.
private struct EventsAnswer: Answer {
    static let header = EventRow.header
    private let json: JSONValue

    init(_ json: JSONValue) {
        self.json = json
    }

    private var events: [JSONValue] { json["events"]?.elements ?? [] }

    var rows: [[String]] { events.map { EventRow($0).cells } }

    var text: String {
        guard let next = json["next"], !events.isEmpty else { return "no events\n" }
        return EventRow.table(events) + Style.faint("more may follow: --after \(next.readable)") + "\n"
    }
}
