import FoundationEssentials
import JourneyModel
import TestSupport
import Testing

/// The configuration as an administrator meets it: checked, shown, and obeyed.
@Suite struct ConfigurationTests {
    private let scratch: Scratch
    private var file: String { scratch.path + "/journeyd.yaml" }

    init() throws {
        scratch = try Scratch()
    }

    private func configure(_ text: String) throws {
        try text.write(toFile: file, atomically: false, encoding: .utf8)
    }

    @Test func theCheckNamesEveryFault() throws {
        try configure("data: \(scratch.path)/none/data\nlog:\n  quota: much\nlimits:\n  connections: 0\n")
        let wrong = try Program.run("journeyd", ["--check", "--config", file], in: scratch)
        #expect(wrong.status == 78 && wrong.output.isEmpty)
        #expect(wrong.error.contains("log.quota") && wrong.error.contains("limits.connections"), "\(wrong.error)")
        // What the words name is looked at when they make sense.
        try configure("data: \(scratch.path)/none/data\nsocket: \(scratch.path)/none/s\n")
        let missing = try Program.run("journeyd", ["--check", "--config", file], in: scratch)
        #expect(missing.status == 78 && missing.error.contains("data: ") && missing.error.contains("socket: "), "\(missing.error)")
        try configure("data: \(scratch.path)/data\nsocket: \(scratch.path)/s\n")
        let sound = try Program.run("journeyd", ["--check", "--config", file], in: scratch)
        #expect(sound.status == 0 && sound.output.isEmpty && sound.error.contains("sound"), "\(sound.error)")
        #expect(!FileManager.default.fileExists(atPath: scratch.path + "/data"), "a check makes nothing")
    }

    @Test func aWrongConfigurationEndsWithItsOwnStatus() throws {
        try configure("acess: {}\n")
        let run = try Program.run("journeyd", ["--config", file, "--data", scratch.path + "/d"], in: scratch)
        #expect(run.status == 78 && run.error.contains("'acess'"), "\(run.error)")
        let missing = try Program.run("journeyd", ["--config", scratch.path + "/none.yaml"], in: scratch)
        #expect(missing.status == 78 && missing.error.contains("none.yaml"), "\(missing.error)")
    }

    @Test func eachValueIsShownWithWhereItComesFrom() throws {
        try configure("log:\n  level: debug\naccess:\n  ask: [root, 'uid:7']\n")
        let json = try Program.run("journeyctl", ["--socket", "/x/s", "config", "--config", file, "--output", "json"], in: scratch)
        #expect(json.status == 0, "\(json.error)")
        let settings = try #require(try JSONValue(text: json.output)["settings"]?.elements)
        func setting(_ key: String) -> JSONValue? { settings.first { $0["setting"]?.text == key } }
        #expect(setting("log.level")?["value"]?.text == "debug" && setting("log.level")?["from"]?.text == "file \(file)")
        #expect(setting("access.ask")?["value"]?.text == "root, uid:7")
        #expect(setting("socket")?["from"]?.text == "flag --socket")
        #expect(setting("log.quota")?["from"]?.text == "default" && setting("log.quota")?["variable"]?.text == "JOURNEYD_LOG_QUOTA")
        let table = try Program.run("journeyctl", ["config", "--config", file], in: scratch)
        #expect(table.output.contains("log.level") && table.output.contains("restart"))
        try configure("log:\n  levle: debug\n")
        let wrong = try Program.run("journeyctl", ["config", "--config", file], in: scratch)
        #expect(wrong.status == 4 && wrong.error.contains("'log.level'"), "\(wrong.error)")
    }

    @Test func limitsHold() throws {
        try configure("limits:\n  dataBytes: 1024\n  arrayEvents: 2\n  headerBytes: 2048\n")
        let daemon = try Daemon(scratch, arguments: ["--config", file])
        #expect(try daemon.post(eventJSON("1", data: #"{"p":"\#(String(repeating: "x", count: 900))"}"#)).status == 200)
        #expect(try daemon.post(eventJSON("2", data: #"{"p":"\#(String(repeating: "x", count: 1100))"}"#)).status == 413)
        let array = "[" + (1...3).map { eventJSON("a\($0)") }.joined(separator: ",") + "]"
        #expect(try daemon.post(array, "application/cloudevents-batch+json").status == 413)
        let long = "GET /healthz HTTP/1.1\r\nHost: x\r\nX: \(String(repeating: "x", count: 3000))\r\n\r\n"
        #expect(try daemon.connect().request(long).status == 431)
    }
}
