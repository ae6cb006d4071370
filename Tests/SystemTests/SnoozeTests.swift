import Glibc
import JourneyModel
import TestSupport
import Testing

/// A stall that is snoozed and told again, as clients and people see it.
@Suite struct SnoozeTests {
    private let scratch: Scratch
    private var daemon: Daemon

    init() throws {
        scratch = try Scratch()
        daemon = try Daemon(scratch)
    }

    private static let day: Int64 = 86_400_000_000

    /// So many days from now.
    private static func moment(_ days: Int64) -> String { Timestamp(microseconds: Timestamp.now.microseconds + days * day).text }

    private func post(_ id: String, _ type: String, _ subject: String = "lead:1", days: Int64, _ data: String = "{}") throws -> Int {
        let answer = try daemon.post(eventJSON(id, type: type, subject: subject, time: Self.moment(days), data: data))
        #expect(answer.status == 200, "\(answer.text)")
        return try #require(answer.json?["last"]?.integer)
    }

    private func wait(after position: Int, at: String = "") throws -> JSONValue {
        let answer = try daemon.get("/v1/journeys/lead:1?after=\(position)\(at)")
        return try #require(answer.json?["openWaits"]?.elements?.first, "\(answer.text)")
    }

    /// Stalled and snoozed, by the view, by a question and by a kept view, which say the same.
    private func counts(after position: Int) throws -> [Int?] {
        let kept = try daemon.get("/v1/views/stalls?after=\(position)").json
        let answers = [
            try daemon.get("/v1/friction?after=\(position)").json,
            try daemon.post(#"{"friction":{"sources":["stages"]}}"#, "application/json", to: "/v1/questions").json, kept,
        ]
        let told = answers.map { answer in
            let row = answer?["frictions"]?.elements?.first { $0["serviceLevel"] != nil && $0["segment"] == .null }
            return ["stalled", "snoozed"].map { row?[$0]?.integer }
        }
        #expect(told.allSatisfy { $0 == told[0] }, "\(told)")
        return told[0]
    }

    private func journeyctl(_ arguments: [String]) throws -> String {
        let ended = try Program.run("journeyctl", ["--socket", daemon.socketPath] + arguments, in: scratch)
        #expect(ended.status == 0, "\(ended.error)")
        return ended.output
    }

    @Test mutating func aStallIsSnoozedAndToldAgain() throws {
        let body = #"{"friction":{"sources":["stages"]}}"#
        let head = "PUT /v1/views/stalls HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
        #expect(try daemon.connect().request(head + body).status == 201)
        let levels = #"{"name":"l","kind":"service-levels","definition":{"sal":"P7D"}}"#
        _ = try post("l", "ops.definition.set", "definition:levels", days: -30, levels)
        var last = try post("a", "sales.lead.accepted", days: -20)
        #expect(try wait(after: last)["stalled"] == .bool(true))
        #expect(try counts(after: last) == [1, 0])
        let until = Self.moment(9)
        last = try post("s", "ops.stall.snoozed", days: -1, #"{"until":"\#(until)","reason":"their budget is decided in March"}"#)
        let snoozed = try wait(after: last)
        #expect(snoozed["stalled"] == .bool(false) && snoozed["snoozed"]?["until"]?.text == until, "\(snoozed)")
        #expect(snoozed["snoozed"]?["reason"]?.text == "their budget is decided in March")
        #expect(snoozed["snoozed"]?["position"]?.integer == last)
        #expect(try counts(after: last) == [0, 1])
        #expect(try journeyctl(["journey", "lead:1"]).contains("snoozed until"))
        let csv = try journeyctl(["--output", "csv", "friction"]).split(separator: "\n")
        #expect(csv.first?.hasSuffix("serviceLevel,stalled,snoozed") == true)
        #expect(csv.contains { $0.hasSuffix("604800,0,1") }, "\(csv)")
        // The clock has moved, and no event has come.
        #expect(try wait(after: last, at: "&at=\(Self.moment(10))")["stalled"] == .bool(true))
        // It is so after a start.
        #expect(daemon.signal(SIGTERM) == 0)
        daemon = try Daemon(scratch)
        #expect(try counts(after: last) == [0, 1])
        last = try post("v", "ops.event.voided", days: 0, #"{"target":{"source":"/test","id":"s"},"reason":"they have decided"}"#)
        #expect(try wait(after: last)["snoozed"] == nil)
        #expect(try counts(after: last) == [1, 0])
        let reason = #"{"until":"\#(until)","reason":""}"#
        let refused = try daemon.post(eventJSON("e", type: "ops.stall.snoozed", subject: "lead:1", time: nil, data: reason))
        #expect(refused.status == 400 && refused.code == "invalid-event", "\(refused.text)")
    }
}
