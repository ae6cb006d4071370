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

    @OptionGroup var options: CommonOptions

    @Argument(help: "The file.")
    var file: String

    func run() async throws {
        try await AskedQuestion(json: try await QuestionFile.read(file)).show(options)
    }
}

/// A file that a question stands in.
enum QuestionFile {
    private static let longest = 1 << 20

    /// Its bytes; those of the standard input for `-`.
    static func read(_ path: String) async throws -> [UInt8] {
        let input = try InputFile(path: path)
        var json: [UInt8] = []
        for try await chunk in input {
            json += chunk
            guard json.count <= longest else { throw InputError(message: "\(input.name) is too long for a question") }
        }
        return json
    }
}
