internal import ArgumentParser
internal import JourneyClient
internal import JourneyModel

/// Prints events as they are stored.
struct FollowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "follow", abstract: "Print events as they are stored, until interrupted.",
        discussion: """
            With --output json, one event in JSON a line.

              journeyctl follow --type 'sales.*'
              journeyctl follow --after 0 --output json | jq .data
            """)

    @OptionGroup var options: CommonOptions

    @Option(help: "Begin behind this position; 0 is the beginning of the log. (default: what is stored from now on)")
    var after: UInt64?

    @Option(help: "Only events of this type; marketing.* are all that begin so.")
    var type: String?

    @Option(help: "Only events of this subject, such as lead:42.")
    var subject: String?

    func run() async throws {
        let client = options.client
        let start = if let after { after } else { try await client.request("GET", "/v1/status").position }
        let query: KeyValuePairs = ["follow": "true", "after": start.map(String.init), "type": type, "subject": subject]
        if options.output == .csv { try StandardOutput.write(CSVText.rows([EventRow.header])) }
        for try await line in try await client.lines("/v1/events", query: query) {
            switch options.output {
            case .json: try StandardOutput.write(line + [UInt8(ascii: "\n")])
            case .csv: try StandardOutput.write(CSVText.rows([EventRow(try JSONValue(line.span)).cells]))
            case .table: try StandardOutput.write(Array(EventRow(try JSONValue(line.span)).line.utf8))
            }
        }
        throw ClientError.connectionLost(reason: "the daemon has stopped")
    }
}
