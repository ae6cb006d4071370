import FoundationEssentials
import JourneyModel
import TestSupport
import Testing

/// What `journeyctl` says of itself, and says to people and programs.
@Suite struct CommandLineTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    private func run(_ arguments: String...) throws -> (status: Int32, output: String, error: String) {
        try Program.run("journeyctl", arguments, in: scratch)
    }

    private var verbs: [String] {
        get throws { try run("manual", "--list").output.split(separator: "\n").map(String.init) }
    }

    @Test func everyVerbHasAnExampleInItsHelp() throws {
        let verbs = try verbs
        #expect(verbs.count >= 22 && verbs.contains("top") && !verbs.contains("manual"))
        for verb in verbs {
            let help = try run("help", verb).output
            #expect(help.contains("  journeyctl \(verb)") || help.contains("| journeyctl \(verb)"), "\(verb): \(help)")
        }
    }

    @Test func everyVerbHasAPageThatManCanRead() throws {
        for verb in try [nil] + verbs.map(Optional.init) {
            let page = try Program.run("journeyctl", ["manual"] + (verb.map { [$0] } ?? []), in: scratch)
            #expect(page.status == 0 && page.output.hasPrefix(".TH JOURNEYCTL"), "\(verb ?? "all")")
            #expect(!page.output.contains("\n'") && page.output.contains(".SH NAME"), "\(verb ?? "all")")
        }
    }

    @Test(arguments: ["bash", "zsh", "fish"]) func shellsCompleteEveryVerb(shell: String) throws {
        let script = try run("completions", shell)
        #expect(script.status == 0)
        for verb in try verbs { #expect(script.output.contains(verb), "\(verb)") }
    }

    @Test func theCatalogueIsThatOfTheSchemas() throws {
        let markdown = try run("catalogue", "--format", "markdown").output
        let headings = markdown.split(separator: "\n").filter { $0.hasPrefix("### ") }.map { String($0.dropFirst(4)) }
        #expect(headings == EventCatalogue.shippedFiles.map(\.type).sorted())
        let one = try run("catalogue", "sales.opportunity.won")
        #expect(one.status == 0 && one.output.contains("money.minor") && one.output.contains("required"))
        let none = try run("catalogue", "sales.nothing")
        #expect(none.status == 2 && none.error.contains("journeyctl catalogue prints all types"))
    }

    @Test func aDaemonThatIsNotThereIsNamedWithWhatToDo() throws {
        let answer = try run("--socket", scratch.path + "/none", "status")
        #expect(answer.status == 3 && answer.output.isEmpty)
        #expect(answer.error.contains("cannot connect to \(scratch.path)/none") && answer.error.contains("systemctl status journeyd"))
    }

    @Test func topPrintsOnePictureWithoutEscapes() throws {
        let daemon = try Daemon(scratch)
        _ = try daemon.post((0..<50).map { eventJSON("\($0)") }.joined(separator: "\n"), "application/x-ndjson")
        let picture = try run("--socket", daemon.socketPath, "top")
        #expect(picture.status == 0, "\(picture.error)")
        for text in ["journeyd \(Version.text)", "position 50", "events stored", "funnel", "writable", "since the start"] {
            #expect(picture.output.contains(text), "\(text): \(picture.output)")
        }
        #expect(!picture.output.contains("\u{1B}"))
    }
}
