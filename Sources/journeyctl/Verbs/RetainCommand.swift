internal import ArgumentParser
internal import JourneyClient
internal import JourneyModel

/// Takes away old events for good.
struct RetainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retain",
        abstract: "Take away the log's oldest epochs for good: those before a moment, or those beyond a size.",
        discussion: """
            Shows what would go, and asks. Whole sealed epochs go, so an event may stay as long as the last one of its epoch.

              journeyctl retain --before 2025-01-01
              journeyctl retain --keep 20G --yes
            """)

    @OptionGroup var options: CommonOptions

    @Option(help: "What was stored before this moment may go, an RFC 3339 date or date-time.")
    var before: Timestamp?

    @Option(help: ArgumentHelp("How many bytes of epochs may stay: 500M, 20G, 1T.", valueName: "size"))
    var keep: String?

    @Flag(help: "Do it without being asked.")
    var yes = false

    func validate() throws {
        guard before != nil || keep != nil else { throw ValidationError("say what may go: --before or --keep, or both") }
        guard keep.map({ ByteCount.read($0) != nil }) ?? true else {
            throw ValidationError("--keep is a number of bytes such as 500M or 20G")
        }
    }

    func run() async throws {
        let plan = try await post(token: nil)
        let json = try JSONValue(plan.span)
        guard let token = json["token"]?.text else {
            if options.output == .table { return StandardOutput.complain("nothing would go\n") }
            return try options.show(plan, as: RetainAnswer.init)
        }
        if !yes {
            StandardOutput.complain("would go:\n" + RetainAnswer(json).text)
            try Confirmation.ask("Take this away for good?")
        }
        try options.show(try await post(token: token), as: RetainAnswer.init)
    }

    private func post(token: String?) async throws -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            if let before { writer.member("before", before.text) }
            if let keep { writer.member("bytes", ByteCount.read(keep)) }
            if let token { writer.member("token", token) }
        }
        return try await options.client.request("POST", "/v1/admin/retain", body: writer.bytes).body
    }
}

/// What would go, or what is gone.
private struct RetainAnswer: Answer {
    static let header = ["epochs", "events", "bytes", "first", "last", "recordedat"]
    private let plan: JSONValue

    init(_ json: JSONValue) {
        plan = json["removed"] ?? json[orNull: "plan"]
    }

    var rows: [[String]] { [plan.cells(RetainAnswer.header)] }
    var text: String { Facts(plan).text }
}
