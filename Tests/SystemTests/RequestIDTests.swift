import JourneyModel
import TestSupport
import Testing

/// What a request is called, in its answer, in problems and in the log.
@Suite struct RequestIDTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    private func request(
        _ daemon: Daemon, _ line: String, id: String?, body: String = "", type: String = "application/json"
    ) throws
        -> RawConnection.Answer
    {
        let header = id.map { "X-Request-Id: \($0)\r\n" } ?? ""
        return try daemon.connect().request(
            "\(line) HTTP/1.1\r\nHost: x\r\n\(header)Content-Type: \(type)\r\nContent-Length: \(body.utf8.count)\r\n\r\n" + body)
    }

    @Test func aRequestIsCalledWhatItsClientCallsIt() throws {
        let daemon = try Daemon(scratch)
        let single = "application/cloudevents+json"
        let stored = try request(daemon, "POST /v1/events", id: "order-7_A", body: eventJSON("1"), type: single)
        #expect(stored.status == 200 && stored.headers["x-request-id"] == "order-7_A")
        let refused = try request(daemon, "POST /v1/events", id: "order-8", body: "{", type: single)
        #expect(refused.headers["x-request-id"] == "order-8" && refused.json?["request"]?.text == "order-8")
        let asked = try request(daemon, "GET /v1/status", id: "s", body: "")
        #expect(asked.headers["x-request-id"] == "s")
    }

    @Test func othersAreGivenANameOfTheirOwn() throws {
        let daemon = try Daemon(scratch)
        let plain = try request(daemon, "POST /v1/events", id: nil, body: eventJSON("1"), type: "application/cloudevents+json")
        #expect(plain.status == 200 && plain.headers["x-request-id"] == nil, "an append that went well has none")
        var names: Set<String> = []
        // What might not be safe in a log is not repeated.
        for id in [nil, "", "a b", "x\"y", String(repeating: "a", count: 65), "é"] {
            let answer = try request(daemon, "GET /v1/nothing", id: id)
            let name = try #require(answer.headers["x-request-id"])
            #expect(name != id && answer.json?["request"]?.text == name)
            #expect(names.insert(name).inserted)
        }
    }

    @Test func slowAnswersAreLoggedWithTheirPlanAndWithoutWhatWasAsked() throws {
        let daemon = try Daemon(scratch, environment: ["JOURNEYD_ANSWERS_SLOW": "0"])
        #expect(try daemon.post(eventJSON("1", data: #"{"secret":"s3cr3t"}"#)).status == 200)
        let question = #"{"funnel":{"steps":[{"type":"test.thing.happened","where":{"data.secret":"s3cr3t"}}]}}"#
        #expect(try request(daemon, "POST /v1/questions", id: "slow-1", body: question).status == 200)
        #expect(try daemon.eventually { daemon.log.contains("request=slow-1") })
        let line = try #require(daemon.log.split(separator: "\n").first { $0.contains("request=slow-1") })
        #expect(line.contains("a slow answer") && line.contains("call=question") && line.contains("milliseconds="))
        #expect(line.contains(#""plan":{"events":1"#) && line.contains("data.secret") && line.contains("sha256:"))
        #expect(!daemon.log.contains("s3cr3t"))
        #expect(try request(daemon, "GET /v1/funnel", id: "slow-2").status == 200)
        #expect(try daemon.eventually { daemon.log.contains("request=slow-2") })
    }

    @Test func quickAnswersAreNot() throws {
        let daemon = try Daemon(scratch, environment: ["JOURNEYD_ANSWERS_SLOW": "3600"])
        #expect(try request(daemon, "GET /v1/funnel", id: "quick").status == 200)
        #expect(try daemon.post(#"{"paths":{}}"#, "application/json", to: "/v1/questions").status == 200)
        #expect(daemon.signal(15) == 0)
        #expect(!daemon.log.contains("a slow answer"))
    }
}
