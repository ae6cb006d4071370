import FoundationEssentials
import Glibc
import JourneyModel
import TestSupport
import Testing

/// Views that are kept, as a client sees them: versions, cut-overs, alerts, and what a SIGKILL leaves of a rebuild.
///
/// VIEW_ROUNDS says how often a rebuild is killed (12), SEED repeats the choices of a run; the moments are the kernel's.
@Suite(.serialized) struct KeptViewTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    private static let moment = "at=2027-01-01"

    private static func funnel(_ days: Int) -> String {
        let steps = #"{"type":"marketing.lead.created"},{"type":"marketing.lead.qualified"},{"type":"sales.opportunity.won"}"#
        return #"{"funnel":{"steps":[\#(steps)],"window":"P\#(days)D","breakdown":{"field":"data.region"}}}"#
    }

    private func put(_ daemon: Daemon, _ name: String, _ question: String) throws -> RawConnection.Answer {
        try send(daemon, "PUT", name, question)
    }

    private func send(_ daemon: Daemon, _ method: String, _ target: String, _ body: String = "") throws -> RawConnection.Answer {
        let head = "\(method) /v1/views/\(target) HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
        return try daemon.connect().request(head + body)
    }

    /// The numbers of an answer, as text.
    private func numbers(_ answer: RawConnection.Answer) throws -> String {
        let json = try #require(answer.json, "\(answer.text)")
        let members = ["semantics", "steps", "groups"].compactMap { name in json[name].map { JSONValue.Member(name: name, value: $0) } }
        #expect(members.count == 3, "\(answer.text.prefix(500))")
        return String(decoding: JSONValue.object(members).canonicalText, as: UTF8.self)
    }

    private func current(_ daemon: Daemon, _ name: String) throws -> Int? {
        let views = try daemon.get("/v1/views").json?["views"]?.elements ?? []
        return views.first { $0["name"]?.text == name && $0["current"] == .bool(true) }?["version"]?.integer
    }

    @Test(.timeLimit(.minutes(60))) func aKilledRebuildGoesOnAndTheOldVersionAnswersThroughout() throws {
        let rounds = TortureTests.number("VIEW_ROUNDS", 12)
        let seed = TortureTests.number("SEED", Int.random(in: 0..<1 << 30))
        print("kept views: SEED=\(seed) VIEW_ROUNDS=\(rounds)")
        var random = Seeded(seed: UInt64(seed))
        var daemon = try Daemon(scratch)
        let simulated = try Program.run("journeyctl", ["simulate", "--journeys", "3000", "--seed", "\(seed % 1000)"], in: scratch)
        #expect(try daemon.post(simulated.output, "application/x-ndjson").status == 200)
        #expect(try put(daemon, "kept", Self.funnel(1)).status == 201)
        while try current(daemon, "kept") != 1 { sched_yield() }
        var old = try numbers(daemon.get("/v1/views/kept?\(Self.moment)"))
        var killed = 0
        for round in 1...rounds {
            let days = 1 + round * 3
            let expected = try asked(daemon, Self.funnel(days))
            let version = try #require(try put(daemon, "kept", Self.funnel(days)).json?["version"]?.integer)
            // Sometimes at once, sometimes while it builds, sometimes when it has just cut over.
            let waits = Int.random(in: 0..<3, using: &random)
            for _ in 0..<(waits * Int.random(in: 1...12, using: &random)) { _ = try daemon.get("/v1/views") }
            #expect(daemon.signal(SIGKILL) == -SIGKILL)
            killed += 1
            daemon = try Daemon(scratch)
            while true {
                let before = try current(daemon, "kept")
                let answer = try numbers(daemon.get("/v1/views/kept?\(Self.moment)"))
                #expect(answer == old || answer == expected, "round \(round)")
                let was = try numbers(daemon.get("/v1/views/kept?version=\(version - 1)&\(Self.moment)"))
                #expect(was == old, "round \(round): the old version answers")
                if before == version { break }
            }
            let now = try numbers(daemon.get("/v1/views/kept?\(Self.moment)"))
            #expect(now == expected, "round \(round): as one from zero")
            #expect(try send(daemon, "DELETE", "kept?version=\(version - 1)").status == 200)
            old = now
        }
        print("kept views: \(killed) kills")
    }

    /// The events that a follower hears, one after another; lines that only say that the connection lives are passed over.
    private struct Heard {
        let connection: RawConnection
        private var waiting: [JSONValue] = []

        init(_ daemon: Daemon, type: String) throws {
            connection = try daemon.connect()
            let target = "/v1/events?follow=true&after=0&type=\(type)"
            try connection.send("GET \(target) HTTP/1.1\r\nHost: x\r\nAccept: application/x-ndjson\r\n\r\n")
            #expect(try connection.readHead().status == 200)
        }

        mutating func next() throws -> JSONValue {
            while waiting.isEmpty {
                let chunk = try #require(try connection.readChunk())
                for line in chunk.split(separator: UInt8(ascii: "\n")) {
                    let bytes = Array(line)
                    waiting.append(try JSONValue(bytes.span))
                }
            }
            return waiting.removeFirst()
        }
    }

    /// What the question answers that is asked of all history.
    private func asked(_ daemon: Daemon, _ question: String) throws -> String {
        let body = question.dropLast() + #","at":"2027-01-01T00:00:00Z"}"#
        return try numbers(daemon.post(String(body), "application/json", to: "/v1/questions"))
    }

    @Test func alertsAreEventsOfTheLogAndGoOnOverAStart() throws {
        var daemon = try Daemon(scratch)
        let question = #"""
            {"funnel":{"steps":[{"type":"marketing.lead.created"},{"type":"sales.opportunity.won"}],"window":"P900D"},
            "alerts":[{"cell":"step:1,undecided","above":0.5},{"cell":"step:1,undecided","olderThan":"P3650D"}]}
            """#
        #expect(try put(daemon, "watched", question).status == 201)
        var follower = try Heard(daemon, type: "ops.alert.*")
        let now = Timestamp.now.text
        for lead in ["a", "b", "c"] {
            let created = eventJSON(
                lead, type: "marketing.lead.created", subject: "lead:\(lead)", time: now, data: #"{"lead_id":"\#(lead)","origin":"web"}"#)
            #expect(try daemon.post(created).status == 200)
        }
        let raised = try follower.next()
        #expect(raised["type"]?.text == "ops.alert.raised" && raised["subject"]?.text == "view:watched", "\(raised)")
        #expect(raised["data"]?["cell"]?.text == "step:1,undecided" && raised["data"]?["view"]?.text == "watched")
        // A start raises nothing a second time: the next word is that it is over.
        #expect(daemon.signal(SIGKILL) == -SIGKILL)
        daemon = try Daemon(scratch)
        var again = try Heard(daemon, type: "ops.alert.*")
        #expect(try again.next()["id"] == raised["id"])
        for lead in ["a", "b"] {
            let data = #"{"opp_id":"\#(lead)","money":{"minor":1,"ccy":"EUR"}}"#
            let won = eventJSON("w\(lead)", type: "sales.opportunity.won", subject: "lead:\(lead)", time: Timestamp.now.text, data: data)
            #expect(try daemon.post(won).status == 200)
        }
        let cleared = try again.next()
        #expect(cleared["type"]?.text == "ops.alert.cleared" && cleared["data"]?["cell"]?.text == "step:1,undecided", "\(cleared)")
    }

    @Test func readersOfTheirOwnWritesWaitForTheView() throws {
        let daemon = try Daemon(scratch)
        #expect(try put(daemon, "mine", Self.funnel(30)).status == 201)
        for number in 1...20 {
            let created = eventJSON(
                "\(number)", type: "marketing.lead.created", subject: "lead:\(number)", data: #"{"lead_id":"\#(number)","origin":"web"}"#)
            let position = try #require(try daemon.post(created).json?["last"]?.integer)
            let answer = try daemon.get("/v1/views/mine?after=\(position)")
            #expect(answer.json?["steps"]?.elements?.first?["count"]?.integer == number, "\(answer.text)")
        }
        #expect(try daemon.get("/v1/views/mine?explain=step:1").json?["explain"]?["count"]?.integer == 20)
        #expect(try daemon.get("/v1/views/mine?asOf=7").json?["steps"]?.elements?.first?["count"]?.integer == 7)
    }

    @Test func whatCannotBeKeptIsRefusedWithWhatWouldBeRight() throws {
        let daemon = try Daemon(scratch)
        for (name, body, status, code) in [
            ("Bad Name".replacing(" ", with: "%20"), Self.funnel(1), 400, "invalid-parameter"), ("x", "{", 400, "malformed-json"),
            ("x", #"{"funnel":{"steps":[]}}"#, 422, "invalid-question"), ("x", #"{"export":{"format":"xes"}}"#, 422, "invalid-question"),
            ("x", Self.funnel(1).dropLast() + #","asOf":3}"#, 422, "invalid-question"),
            ("x", Self.funnel(1).dropLast() + #","alerts":[{"cell":"step:9,dropped","above":1}]}"#, 422, "invalid-question"),
            ("x", Self.funnel(1).dropLast() + #","alerts":[{"cell":"step:1,dropped","olderThan":"P1D"}]}"#, 422, "invalid-question"),
            ("x", #"{"paths":{},"alerts":[]}"#, 422, "invalid-question"),
        ] {
            let answer = try put(daemon, name, body)
            #expect(answer.status == status && answer.code == code, "\(name) \(body): \(answer.text)")
        }
        for version in 1...4 { #expect(try put(daemon, "many", Self.funnel(version)).status == 201) }
        let fifth = try put(daemon, "many", Self.funnel(5))
        #expect(fifth.status == 409 && fifth.code == "limit-reached", "\(fifth.text)")
        #expect(try put(daemon, "many", Self.funnel(4)).json?["version"]?.integer == 4, "the same question is no other version")
        #expect(try send(daemon, "DELETE", "funnel").status == 409)
        #expect(try send(daemon, "DELETE", "many").json?["dropped"]?.elements?.count == 4)
        #expect(try daemon.get("/v1/views/many").status == 404)
        #expect(daemon.signal(SIGTERM) == 0)
        let again = try Daemon(scratch)
        #expect(try again.get("/v1/views/many").status == 404, "what is dropped stays dropped")
    }
}
