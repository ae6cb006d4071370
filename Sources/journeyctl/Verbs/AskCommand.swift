internal import ArgumentParser
internal import JourneyModel

/// Asks a question that stands in a file.
struct AskCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ask", abstract: "Ask a question that stands in a file, or - for the standard input.",
        discussion: """
            A question is JSON: {"funnel": …}, {"paths": …}, {"friction": …}, {"retention": …} or {"export": …}.

              echo '{"paths": {}}' | journeyctl ask -
            """)

    private static let longest = 1 << 20

    @OptionGroup var options: CommonOptions

    @Argument(help: "The file.")
    var file: String

    func run() async throws {
        let input = try InputFile(path: file)
        var json: [UInt8] = []
        for try await chunk in input {
            json += chunk
            guard json.count <= AskCommand.longest else { throw InputError(message: "\(input.name) is too long for a question") }
        }
        try await AskedQuestion(json: json).show(options)
    }
}
