internal import ArgumentParser
internal import JourneyClient
internal import JourneyModel
internal import Synchronization

/// Prints events as they are stored.
struct FollowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "follow", abstract: "Print events as they are stored, until interrupted.",
        discussion: """
            With --output json, one event in JSON a line.

              journeyctl follow --type 'sales.*'
              journeyctl follow --after 0 --output json | jq .data
              journeyctl follow --consumer billing --output json | ./book-invoices
            """)

    @OptionGroup var options: CommonOptions

    @Option(help: "Begin behind this position; 0 is the beginning of the log. (default: what is stored from now on)")
    var after: UInt64?

    @Option(help: "Only events of this type; marketing.* are all that begin so.")
    var type: String?

    @Option(help: "Only events of this subject, such as lead:42.")
    var subject: String?

    @Option(help: "Go on where this consumer was, and acknowledge once a second what was printed.")
    var consumer: String?

    func validate() throws {
        guard consumer == nil || (after == nil && type == nil && subject == nil) else {
            throw ValidationError("--consumer has its own beginning and its own filter: see journeyctl subscribe")
        }
    }

    func run() async throws {
        let client = options.client
        if options.output == .csv { try StandardOutput.write(CSVText.rows([EventRow.header])) }
        guard let consumer else {
            let start = if let after { after } else { try await client.request("GET", "/v1/status").position }
            return try await printLines(["follow": "true", "after": start.map(String.init), "type": type, "subject": subject]) { _ in }
        }
        let printed = PrintedPosition()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await printLines(["follow": "true", "consumer": consumer]) { printed.set($0) } }
            group.addTask { try await printed.acknowledge(for: consumer, client) }
            try await group.next()
            group.cancelAll()
        }
    }

    private func printLines(_ query: KeyValuePairs<String, String?>, _ printed: (JSONValue) -> Void) async throws {
        for try await line in try await options.client.lines("/v1/events", query: query) {
            let event = try JSONValue(line.span)
            switch options.output {
            case .json: try StandardOutput.write(line + [UInt8(ascii: "\n")])
            case .csv: try StandardOutput.write(CSVText.rows([EventRow(event).cells]))
            case .table: try StandardOutput.write(Array(EventRow(event).line.utf8))
            }
            printed(event)
        }
        throw ClientError.connectionLost(reason: "the daemon has stopped")
    }
}

/// How far a consumer's events have been printed.
private final class PrintedPosition: Sendable {
    private let position = Mutex<String?>(nil)

    func set(_ event: JSONValue) {
        guard case .number(let text)? = event["position"] else { return }
        position.withLock { $0 = text }
    }

    /// Acknowledges once a second what is new: what was printed since comes again where all ends now.
    func acknowledge(for consumer: String, _ client: JourneyClient) async throws {
        while true {
            try await Task.sleep(for: .seconds(1))
            guard let reached = position.withLock({ $0.take() }) else { continue }
            _ = try await client.request(
                "POST", "/v1/consumers/\(PercentEncoding.encode(consumer))/ack", headers: ["Content-Type": "application/json"],
                body: Array(#"{"position":\#(reached)}"#.utf8))
        }
    }
}
