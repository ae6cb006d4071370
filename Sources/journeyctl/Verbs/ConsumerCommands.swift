internal import ArgumentParser
internal import CommandLineTools
internal import JourneyClient
internal import JourneyModel

/// Lists the consumers.
struct ConsumersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "consumers", abstract: "List the consumers: readers of the log whose position the daemon keeps.",
        discussion: """
            Examples:
              journeyctl consumers
              journeyctl consumers --output csv
            """)

    @OptionGroup var options: CommonOptions

    func run() async throws {
        try options.show(try await options.client.request("GET", "/v1/consumers").body, as: ConsumerList.init)
    }
}

/// Makes a consumer.
struct SubscribeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "subscribe", abstract: "Make a consumer: a reader of the log by name, who goes on where he was.",
        discussion: """
            Making it again changes nothing. What it has read is acknowledged by POST /v1/consumers/NAME/ack, or by journeyctl follow --consumer.

            Examples:
              journeyctl subscribe billing --type 'finance.*' --start now
              journeyctl follow --consumer billing --output json | ./book-invoices
            """)

    @OptionGroup var options: CommonOptions

    @Argument(help: "Its name.")
    var name: String

    @Option(help: "Only events of this type; marketing.* are all that begin so.")
    var type: String?

    @Option(help: "Only events of this source.")
    var source: String?

    @Option(help: "Only events of this subject, such as lead:42.")
    var subject: String?

    @Option(help: "Only events of the journey of this subject.")
    var journey: String?

    @Option(help: "Where it begins: first, now, or behind a position.")
    var start = "first"

    func run() async throws {
        var writer = JSONWriter()
        writer.object { writer in
            for (name, value) in [("type", type), ("source", source), ("subject", subject), ("journey", journey)] {
                if let value { writer.member(name, value) }
            }
            if let position = UInt64(start) { writer.member("start", position) } else { writer.member("start", start) }
        }
        let answer = try await options.client.request(
            "PUT", "/v1/consumers/\(PercentEncoding.encode(name))", headers: ["Content-Type": "application/json"], body: writer.bytes)
        try options.show(answer.body, as: Facts.init)
    }
}

/// Forgets a consumer.
struct UnsubscribeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unsubscribe", abstract: "Forget a consumer and where it was. The events stay.",
        discussion: """
            Examples:
              journeyctl unsubscribe billing
            """)

    @OptionGroup var options: CommonOptions

    @Argument(help: "Its name.")
    var name: String

    func run() async throws {
        let answer = try await options.client.request("DELETE", "/v1/consumers/\(PercentEncoding.encode(name))")
        try options.show(answer.body, as: Facts.init)
    }
}

/// The consumers and how far they are.
private struct ConsumerList: Answer {
    static let header = ["name", "position", "lag", "followed", "acknowledgedat"]
    private let consumers: [JSONValue]

    init(_ json: JSONValue) {
        consumers = json["consumers"]?.elements ?? []
    }

    var rows: [[String]] { consumers.map { $0.cells(ConsumerList.header) } }

    var text: String {
        var table = Table([
            .init("consumer"), .init("position", .right), .init("lag", .right), .init("followed"), .init("acknowledged"), .init("only"),
        ])
        for consumer in consumers {
            let filter = (consumer["filter"]?.members ?? []).map { "\($0.name) \($0.value.readable)" }.joined(separator: ", ")
            table.append([
                consumer[orNull: "name"].readable, consumer[orNull: "position"].count, consumer[orNull: "lag"].count,
                consumer["followed"] == .bool(true) ? "yes" : "no", consumer[orNull: "acknowledgedat"].moment, filter,
            ])
        }
        return table.styled
    }
}
