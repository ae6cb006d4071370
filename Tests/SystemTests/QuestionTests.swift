import JourneyModel
import TestSupport
import Testing

/// Questions over the socket: answers, refusals, progress, and the daemon's own events behind them.
@Suite struct QuestionTests {
    private let scratch: Scratch
    private let daemon: Daemon

    init() throws {
        scratch = try Scratch()
        daemon = try Daemon(scratch)
    }

    private static let steps =
        #""steps":[{"name":"MQL","type":"test.lead.qualified","where":{"data.origin":{"in":["paid","organic"]}}},{"type":"test.deal.won"}]"#

    private func ask(_ question: String) throws -> RawConnection.Answer {
        try daemon.post(question, "application/json", to: "/v1/questions")
    }

    private func fill() throws {
        var events: [String] = []
        for lead in 0..<50 {
            let (day, origin) = (1 + lead % 20, ["paid", "organic", "other"][lead % 3])
            let data = #"{"origin":"\#(origin)","score":\#(lead)}"#
            events.append(
                eventJSON(
                    "q\(lead)", type: "test.lead.qualified", subject: "lead:\(lead)",
                    time: "2026-01-\(day < 10 ? "0" : "")\(day)T00:00:00Z", data: data))
            guard lead % 2 == 0 else { continue }
            events.append(
                eventJSON("w\(lead)", type: "test.deal.won", subject: "lead:\(lead)", time: "2026-02-\(lead < 30 ? "05" : "28")T12:00:00Z"))
        }
        let answer = try daemon.post("[\(events.joined(separator: ","))]", "application/cloudevents-batch+json")
        #expect(answer.status == 200, "\(answer.text)")
    }

    @Test func aFunnelIsAnsweredAndExplained() throws {
        try fill()
        let answer = try ask(#"{"funnel":{\#(Self.steps),"window":"P30D","breakdown":{"field":"data.origin"}},"list":"journeys"}"#)
        #expect(answer.status == 200, "\(answer.text)")
        let json = try #require(answer.json)
        let counts = json["steps"]?.elements?.map { $0["count"]?.integer ?? -1 } ?? []
        // Leads 0, 2 … 28 won on 5 February: those of a fitting origin within 30 days of their first event.
        let entered = (0..<50).filter { $0 % 3 != 2 }
        let won = entered.filter { $0 % 2 == 0 && $0 < 30 && 1 + $0 % 20 >= 7 }
        #expect(counts == [entered.count, won.count])
        let first = try #require(json["steps"]?.elements?.first)
        #expect(first["name"]?.text == "MQL" && first["undecided"]?.integer == 0 && first["dropped"]?.integer == entered.count - won.count)
        #expect(json["groups"]?.elements?.compactMap { $0["value"]?.text }.sorted() == ["organic", "paid"])
        #expect(json["journeys"]?.elements?.count == entered.count && json["position"]?.integer == 75)
        let why = try ask(#"{"funnel":{\#(Self.steps),"window":"P30D"},"explain":{"journey":"lead:0"}}"#)
        let explained = try #require(why.json?["explain"])
        #expect(explained["tries"]?.elements?.first?["ended"]?.text == "window", "\(why.text)")
        #expect(explained["changes"]?.elements?.first?["window"]?.number == "3067200", "\(why.text)")
        let cell = try ask(#"{"funnel":{\#(Self.steps),"window":"P30D"},"explain":{"step":1,"cell":"dropped"}}"#)
        #expect(cell.json?["explain"]?["count"]?.integer == entered.count - won.count)
    }

    @Test func anAnswerAsOfAPositionStaysTheSame() throws {
        try fill()
        let question = #"{"funnel":{\#(Self.steps),"window":"P30D"},"asOf":40,"list":"journeys"}"#
        let before = try ask(question)
        #expect(before.status == 200 && before.json?["position"]?.integer == 40)
        let link = eventJSON("l", type: "ops.identity.linked", subject: "lead:1", data: #"{"a":"lead:1","b":"lead:3"}"#)
        #expect(try daemon.post(link).status == 200)
        #expect(try ask(question).text == before.text)
        let behind = try ask(#"{"funnel":{\#(Self.steps)},"asOf":77}"#)
        #expect(behind.status == 422 && behind.json?["errors"]?.elements?.first?["pointer"]?.text == "/asOf")
    }

    @Test func progressComesInLinesAndTheAnswerLast() throws {
        try fill()
        let question = #"{"funnel":{\#(Self.steps)},"at":"2026-03-01"}"#
        let head =
            "POST /v1/questions HTTP/1.1\r\nHost: x\r\nAccept: application/x-ndjson\r\nContent-Length: \(question.utf8.count)\r\n\r\n"
        let lines = try daemon.connect().request(head + question).text.split(separator: "\n")
        let last = try JSONValue(text: String(lines.last ?? ""))
        #expect(last["answer"]?["steps"] == (try ask(question).json?["steps"]))
        let plan = try ask(#"{"funnel":{\#(Self.steps)},"plan":true}"#).json?["plan"]
        #expect(plan?["events"]?.integer == 75 && plan?["eventsToRead"]?.integer == 0 && plan?["journeys"]?.integer == 50)
    }

    @Test func badQuestionsAreRefusedAndTheDaemonStaysUp() throws {
        let many = Array(repeating: #"{"type":"a.b.c"}"#, count: 33).joined(separator: ",")
        let deep = String(repeating: #"{"any":["#, count: 40) + "1" + String(repeating: "]}", count: 40)
        for (question, status, code, pointer) in [
            (#"{"funnel":{"steps":[{"type":"a.b.c"}],"window":-1}}"#, 422, "invalid-question", "/funnel/window"),
            (#"{"funnel":{"steps":[\#(many)]}}"#, 422, "invalid-question", "/funnel/steps"),
            (#"{"funnel":{"steps":[{"name":"x"}]}}"#, 422, "invalid-question", "/funnel/steps/0"),
            (#"{"funnel":{"steps":[{"type":"a.b.c"}],"speed":1}}"#, 422, "invalid-question", "/funnel/speed"),
            (#"{"funnel":{"steps":[{"where":\#(deep)}]}}"#, 400, "malformed-json", ""),
            (#"{"funnel":"\#(String(repeating: "x", count: 1 << 20))"}"#, 422, "invalid-question", ""),
            ("{", 400, "malformed-json", ""), ("", 400, "malformed-json", ""),
        ] {
            let answer = try ask(question)
            #expect(answer.status == status && answer.code == code, "\(question.prefix(100)): \(answer.text)")
            #expect(answer.json?["errors"]?.elements?.first?["pointer"]?.text == pointer, "\(answer.text)")
        }
        #expect(try daemon.get("/v1/questions").status == 405)
        #expect(try daemon.get("/healthz").status == 200)
    }
}

extension JSONValue {
    fileprivate var number: String? { if case .number(let text) = self { text } else { nil } }
}
