internal import ArgumentParser
internal import CommandLineTools
internal import JourneyClient
internal import JourneyModel

/// Erases the personal data of a subject or a journey.
struct EraseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "erase",
        abstract: "Erase the personal data of a subject, or of its whole journey, for good.",
        discussion: """
            Shows what would be erased, and asks. Counts and positions stay. The exit status is 1 where something remains.
            Backups keep the keys of their time: bring each up to date afterwards, and destroy archives that are older.

              journeyctl erase contact:42
              journeyctl erase contact:42 --scope subject --yes
            """)

    /// How far it goes.
    enum Scope: String, ExpressibleByArgument, CaseIterable {
        /// The subject alone.
        case subject
        /// All subjects that are linked to it.
        case journey
    }

    @OptionGroup var options: CommonOptions

    @Argument(help: "The subject, such as contact:42.")
    var subject: String

    @Option(help: "The subject alone, or its whole journey. (default: the daemon's)")
    var scope: Scope?

    @Flag(help: "Do it without being asked.")
    var yes = false

    func run() async throws {
        let answer = try await options.client.request("POST", "/v1/admin/erase", body: body(token: nil)).body
        let plan = try JSONValue(answer.span)
        guard let token = plan["token"]?.text else { throw ClientError.connectionLost(reason: "the daemon gave no token for its plan") }
        if !yes {
            StandardOutput.complain("would be erased:\n" + Facts(plan[orNull: "plan"]).text)
            try Confirmation.ask("Erase it for good?")
        }
        var last = JSONValue.null
        for try await line in try await options.client.postForLines("/v1/admin/erase", body: body(token: token)) {
            last = try JSONValue(line.span)
            switch options.output {
            case .json: try StandardOutput.write(line + [UInt8(ascii: "\n")])
            case .csv: try StandardOutput.write(CSVText.rows([(last.members ?? []).map(\.value.cell)]))
            case .table: try StandardOutput.write(Array(EraseCommand.text(last).utf8))
            }
        }
        if let error = last["error"], error != .null { throw ProblemDetails(error, status: 500) }
        guard last["done"] == .bool(true) else { throw ClientError.connectionLost(reason: "the daemon did not report the end") }
        guard last["remains"]?.elements ?? [] == [] else {
            StandardOutput.complain("something remains, which the last line names\n")
            throw ExitCode(1)
        }
    }

    private func body(token: String?) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("subject", subject)
            if let scope { writer.member("scope", scope.rawValue) }
            if let token { writer.member("token", token) }
        }
        return writer.bytes
    }

    /// The members of a line, in words.
    private static func text(_ line: JSONValue) -> String {
        (line.members ?? []).map { "\(TerminalText.escaped($0.name)) \($0.value.readable)" }.joined(separator: ", ") + "\n"
    }
}
