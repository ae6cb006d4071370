import FoundationEssentials
import Glibc
import JourneyModel
import TestSupport
import Testing

/// Starting, stopping, following, and being killed.
@Suite struct LifeTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    @Test func stopsInGoodOrderAndStartsWhereItWas() throws {
        var daemon = try Daemon(scratch)
        #expect(try daemon.post(eventJSON("1")).status == 200)
        #expect(daemon.signal(SIGTERM) == 0, "\(daemon.log)")
        #expect(!FileManager.default.fileExists(atPath: daemon.socketPath), "its own socket is taken away")
        daemon = try Daemon(scratch)
        #expect(try daemon.get("/v1/status").json?["position"]?.integer == 1)
    }

    @Test func aSecondDaemonOnTheSameDirectoryRefusesAndSaysWhoHoldsIt() throws {
        let daemon = try Daemon(scratch)
        let second = try Program.run("journeyd", ["--data", scratch.path + "/data", "--socket", scratch.path + "/t"], in: scratch)
        #expect(second.status == 1 && second.error.contains("process \(daemon.process)"), "\(second.error)")
        #expect(second.output.isEmpty, "nothing goes to standard output")
        // The same socket with another directory: the live one stays.
        let third = try Program.run("journeyd", ["--data", scratch.path + "/other", "--socket", daemon.socketPath], in: scratch)
        #expect(third.status == 1 && third.error.contains("listens"), "\(third.error)")
        #expect(try daemon.get("/healthz").status == 200)
    }

    @Test func aFullLogRefusesAndAnswersOn() throws {
        try "log:\n  quota: 2000000\n".write(toFile: scratch.path + "/c.yaml", atomically: true, encoding: .utf8)
        let daemon = try Daemon(scratch, arguments: ["--config", scratch.path + "/c.yaml"])
        let data = #"{"p":"\#(String(repeating: "x", count: 50_000))"}"#
        var stored = 0
        var refusal: RawConnection.Answer?
        while refusal == nil, stored < 100 {
            let answer = try daemon.post(eventJSON("\(stored + 1)", data: data))
            if answer.status == 200 { stored += 1 } else { refusal = answer }
        }
        #expect(refusal?.status == 507 && refusal?.code == "log-full", "after \(stored): \(refusal?.text ?? "")")
        #expect(stored > 10)
        #expect(try daemon.get("/v1/events/\(stored)").json?["id"]?.text == "\(stored)")
        #expect(try daemon.get("/healthz").status == 200, "full is a state that passes, not a failure")
        let lines = try daemon.post(eventJSON("n", data: data), "application/x-ndjson")
        #expect(lines.status == 507 && lines.code == "log-full", "nothing of the stream was answered yet: the status says it")
    }

    @Test func followersHearWhatIsStoredAndResume() throws {
        let daemon = try Daemon(scratch)
        #expect(try daemon.post(eventJSON("1")).status == 200)
        let lines = try daemon.connect()
        try lines.send("GET /v1/events?follow=true&after=0 HTTP/1.1\r\nAccept: application/x-ndjson\r\n\r\n")
        #expect(try lines.readHead().status == 200)
        let events = try daemon.connect()
        try events.send("GET /v1/events HTTP/1.1\r\nAccept: text/event-stream\r\nLast-Event-ID: 1\r\n\r\n")
        #expect(try events.readHead().headers["content-type"] == "text/event-stream")
        #expect(try daemon.post(eventJSON("2", subject: "lead:2")).status == 200)
        #expect(try daemon.post(eventJSON("3", type: "other.thing.happened")).status == 200)
        var text = ""
        while text.split(separator: "\n").count < 3 { text += String(decoding: try lines.readChunk() ?? [], as: UTF8.self) }
        let positions = try text.split(separator: "\n").map { try JSONValue(text: String($0))["position"]?.integer }
        #expect(positions == [1, 2, 3])
        text = ""
        while !text.contains("id: 3\n") { text += String(decoding: try events.readChunk() ?? [], as: UTF8.self) }
        #expect(text.contains("id: 2\ndata: {\"position\":2,") && !text.contains("id: 1\n"))
        #expect(daemon.signal(SIGTERM) == 0, "followers do not hold up the end")
    }

    @Test func eventsAreFoundByTypeSubjectAndJourney() throws {
        let daemon = try Daemon(scratch)
        for event in [
            eventJSON("1", type: "a.b.c", subject: "lead:1", account: "account:x"),
            eventJSON("2", type: "a.b.d", subject: "ticket:1", account: "account:x"),
            eventJSON("3", type: "a.x.c", subject: "lead:2"),
        ] { #expect(try daemon.post(event).status == 200) }
        func ids(_ query: String) throws -> [String?]? {
            try daemon.get("/v1/events?\(query)").json?["events"]?.elements?.map { $0["id"]?.text }
        }
        #expect(try ids("type=a.b.c") == ["1"])
        #expect(try ids("type=a.b.*") == ["1", "2"])
        #expect(try ids("subject=lead:1") == ["1"])
        #expect(try ids("journey=lead:1") == ["1", "2"])
        #expect(try ids("journey=account:x&after=1") == ["2"])
        #expect(try ids("limit=2") == ["1", "2"])
        #expect(try daemon.get("/v1/events?limit=2").json?["next"]?.integer == 2)
        #expect(try ids("after=3") == [])
    }

    /// A stream is killed in the middle and sent again: what was acknowledged is there once, in its place, and the views are those
    /// of a run that nothing disturbed.
    @Test(.timeLimit(.minutes(10))) func nothingAcknowledgedIsLostToSIGKILL() throws {
        let simulated = try Program.run("journeyctl", ["simulate", "--journeys", "7000", "--seed", "5"], in: scratch)
        #expect(simulated.status == 0)
        let text = Array(simulated.output.utf8)
        #expect(simulated.output.split(separator: "\n").count >= 100_000, "\(simulated.output.split(separator: "\n").count) events")

        let undisturbed = try Scratch()
        let reference = try Daemon(undisturbed)
        let expected = try Self.answers(reference, after: try Self.stream(text, to: reference).last)
        reference.signal(SIGTERM)

        var daemon = try Daemon(scratch)
        let connection = try daemon.connect()
        try connection.send(
            "POST /v1/events?atomic=false HTTP/1.1\r\nContent-Type: application/x-ndjson\r\nContent-Length: \(text.count)\r\n\r\n")
        try connection.send(Array(text[..<(text.count / 2)]))
        _ = try connection.readHead()
        var acknowledged = 0
        while acknowledged < 20_000 {
            let chunk = try #require(try connection.readChunk())
            let line = try JSONValue(chunk.span)
            acknowledged = line["last"]?.integer ?? acknowledged
        }
        #expect(daemon.signal(SIGKILL) == -SIGKILL)

        daemon = try Daemon(scratch)
        let stored = try #require(try daemon.get("/v1/status").json?["position"]?.integer)
        #expect(stored >= acknowledged, "acknowledged \(acknowledged), stored \(stored)")
        let again = try Self.stream(text, to: daemon)
        #expect(again.duplicates == stored, "what was stored before the kill is there once")
        #expect(try Self.answers(daemon, after: again.last) == expected)
        for position in [1, acknowledged, stored] {
            let event = try daemon.get("/v1/events/\(position)").json
            let line = simulated.output.split(separator: "\n")[position - 1]
            #expect(try event?["id"] == JSONValue(text: String(line))["id"], "position \(position)")
        }
        daemon.signal(SIGKILL)
        // Once more without any checkpoint: replayed from zero.
        try FileManager.default.removeItem(atPath: scratch.path + "/data/views")
        daemon = try Daemon(scratch)
        #expect(try Self.answers(daemon, after: again.last) == expected)
    }

    private static func stream(_ text: [UInt8], to daemon: Daemon) throws -> (last: Int, duplicates: Int) {
        let answer = try daemon.post(String(decoding: text, as: UTF8.self), "application/x-ndjson", to: "/v1/events?atomic=false")
        let rejected = answer.lines.flatMap { $0["rejected"]?.elements ?? [] }
        #expect(rejected.isEmpty, "\(rejected.prefix(3))")
        #expect(answer.lines.last?["done"] == .bool(true))
        return (
            answer.lines.compactMap { $0["last"]?.integer }.max() ?? 0, answer.lines.compactMap { $0["duplicates"]?.integer }.reduce(0, +)
        )
    }

    private static func answers(_ daemon: Daemon, after position: Int) throws -> [String] {
        try ["funnel", "friction", "funnel?by=data.region", "friction?scope=sales"].map { view in
            let separator = view.contains("?") ? "&" : "?"
            let answer = try daemon.get("/v1/\(view)\(separator)at=2027-01-01&after=\(position)")
            #expect(answer.status == 200, "\(answer.text)")
            return answer.text
        }
    }
}
