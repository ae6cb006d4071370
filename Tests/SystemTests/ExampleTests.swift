import FoundationEssentials
import Glibc
import JourneyModel
import TestSupport
import Testing

/// The examples of `docs/` do what they say.
@Suite struct ExampleTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .path
    private static let interpreters: [String] = ["/usr/bin/python3", "/usr/local/bin/python3", "/root/.pyenv/shims/python3"]
    private static let python = interpreters.first { FileManager.default.isExecutableFile(atPath: $0) }
    private static let hasPython = ConditionTrait.enabled(if: python != nil, "python3 is not installed")

    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    private func run(_ path: String, _ arguments: [String], _ environment: [String: String] = [:]) throws -> (status: Int32, text: String) {
        let output = scratch.path + "/text"
        let process = try Program.spawn(
            path, arguments, standardError: output, standardOutput: output + "-1", environment: environment)
        var status: Int32 = 0
        unsafe waitpid(process, &status, 0)
        func text(_ path: String) -> String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }
        return (status, text(output + "-1") + text(output))
    }

    @Test(hasPython) func pythonEmitsFromTheCommandLineAndFromAFile() throws {
        let daemon = try Daemon(scratch)
        let script = Self.root + "/docs/examples/emit.py"
        let socket = ["JOURNEYD_SOCKET": daemon.socketPath]
        let python = try #require(Self.python)
        let one = try run(
            python, [script, "--type", "test.thing.happened", "--subject", "lead:1", "--data", #"{"a":1}"#, "--id", "7"], socket)
        #expect(one.status == 0, "\(one.text)")
        let file = scratch.path + "/events"
        try (0..<1_200).map { eventJSON("\($0)") }.joined(separator: "\n").write(toFile: file, atomically: false, encoding: .utf8)
        for _ in 0..<2 { #expect(try run(python, [script, file], socket).status == 0) }
        #expect(try daemon.get("/v1/status").json?["position"]?.integer == 1_201)
        let refused = try run(python, [script, "--type", "sales.opportunity.won", "--subject", "opportunity:1", "--data", "{}"], socket)
        #expect(refused.status != 0 && refused.text.contains("invalid-event"), "\(refused.text)")
    }

    /// Events wait in the spool while there is no daemon, and are sent by whoever opens it next.
    @Test(hasPython) func pythonKeepsEventsWhileTheDaemonIsAway() throws {
        let (script, spool) = (Self.root + "/docs/examples/emit.py", scratch.path + "/spool.db")
        let python = try #require(Self.python)
        let arguments = [script, "--spool", spool, "--timeout", "0.2", "--type", "test.thing.happened", "--subject", "lead:1"]
        let away = try run(python, arguments, ["JOURNEYD_SOCKET": scratch.path + "/s"])
        #expect(away.status != 0 && away.text.contains("they wait in the spool"), "\(away.text)")
        let daemon = try Daemon(scratch)
        let back = try run(
            python, [script, "--spool", spool, "--type", "test.thing.happened", "--subject", "lead:2"],
            ["JOURNEYD_SOCKET": daemon.socketPath])
        #expect(back.status == 0, "\(back.text)")
        let events = try #require(try daemon.get("/v1/events").json?["events"]?.elements)
        #expect(events.map { $0["subject"]?.text } == ["lead:1", "lead:2"])
    }

    @Test func theShellEmitsOnce() throws {
        let daemon = try Daemon(scratch)
        let environment = ["JOURNEYD_SOCKET": daemon.socketPath, "JOURNEYD_ID": "once"]
        for appended in [1, 0] {
            // The time is part of the event: the second is the same only within a second, and else a conflict that is told.
            let run = try run(
                "/bin/sh", [Self.root + "/docs/examples/emit.sh", "test.thing.happened", "lead:1", #"{"a":1}"#], environment)
            #expect(
                run.text.contains(#""appended":\#(appended)"#) || (appended == 0 && run.text.contains("conflicting-duplicate")),
                "\(run.text)")
        }
        #expect(try daemon.get("/v1/status").json?["position"]?.integer == 1)
    }

    @Test(hasPython, arguments: ["first-ten-minutes.md", "control-interface.md"])
    func aDocumentsExamplesPrintWhatItSays(document: String) throws {
        let check = try run(
            try #require(Self.python), [Self.root + "/docs/check.py", Daemon.programs, "\(Self.root)/docs/\(document)"])
        #expect(check.status == 0, "\(check.text)")
    }
}
