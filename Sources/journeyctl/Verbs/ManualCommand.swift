internal import ArgumentParser
internal import CommandLineTools
internal import JourneyModel

/// Prints pages of the manual: for those who install, and so not among the verbs that are shown.
struct ManualCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "manual",
        abstract: "Print a page of the manual in the language of man(7).",
        discussion: """
            Of this program, of one of its verbs, or of another program that the same argument parser reads:

              journeyctl manual | man -l -
              journeyctl manual emit > journeyctl-emit.1
              journeyd --experimental-dump-help | journeyctl manual --of - --section 8 > journeyd.8
            """,
        shouldDisplay: false)

    @Argument(help: "The verb; all of them, one a line, with --list.")
    var verb: String?

    @Flag(help: "Print the verbs' names.")
    var list = false

    @Option(
        help: "A file with what --experimental-dump-help printed; - is the standard input. (default: this program's)", completion: .file())
    var of: String?

    @Option(help: "The section of the manual.")
    var section = 1

    private static let environment = (
        title: "ENVIRONMENT",
        body: """
        .TP
        .B JOURNEYD_SOCKET
        Where the daemon listens, if \\-\\-socket does not say.
        .TP
        .B NO_COLOR
        Set and not empty: nothing is emphasised. Nothing is where the output is not a terminal, either.
        """
    )

    func run() async throws {
        let command = try JSONValue(text: try await dump())[orNull: "command"]
        let verbs = (command["subcommands"]?.elements ?? []).filter { $0["shouldDisplay"] != .bool(false) }
        if list {
            let names = verbs.compactMap { $0["commandName"]?.text }.filter { $0 != "help" }
            return try StandardOutput.write(Array(names.map { $0 + "\n" }.joined().utf8))
        }
        let chosen = verb.map { verb in verbs.first { $0["commandName"]?.text == verb } } ?? command
        guard let chosen else { throw ValidationError("'\(verb ?? "")' is not a verb: see journeyctl --help") }
        var extra = of == nil ? [ManualCommand.environment] : []
        extra.append((title: "SEE ALSO", body: of == nil ? ".BR journeyctl (1), .BR journeyd (8)" : ".BR journeyctl (1)"))
        try StandardOutput.write(Array(ManualPage.text(chosen, section: section, version: Version.text, extra: extra).utf8))
    }

    private func dump() async throws -> String {
        guard let of else { return JourneyCtl._dumpHelp() }
        var json: [UInt8] = []
        for try await chunk in try InputFile(path: of) { json += chunk }
        return String(decoding: json, as: UTF8.self)
    }
}
