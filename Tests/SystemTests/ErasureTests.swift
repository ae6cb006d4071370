import FoundationEssentials
import Glibc
import JourneyModel
import TestSupport
import Testing

/// One journey among ten thousand is erased.
@Suite struct ErasureTests {
    private static let journeys = 10_000
    private static let erased = 4711

    private static func mark(_ number: Int) -> String { "person-\(number)-of-the-test" }

    private static func events(_ number: Int) -> [String] {
        let subject = "contact:\(mark(number))@example.org"
        return [
            eventJSON(
                "f\(number)", type: "marketing.form.submitted", subject: subject,
                data: #"{"form_id":"demo","fields":{"name":"\#(mark(number))","employer":"Employer of \#(mark(number))"},"region":"north"}"#
            ),
            eventJSON(
                "q\(number)", type: "marketing.lead.qualified", subject: "lead:\(number)", time: "2026-01-02T00:00:00Z",
                data: #"{"lead_id":"\#(number)","email":"\#(mark(number))@example.org"}"#),
            eventJSON(
                "l\(number)", type: "ops.identity.linked", subject: "lead:\(number)",
                data: #"{"a":"\#(subject)","b":"lead:\#(number)"}"#),
        ]
    }

    /// Every event but the erased journey's, as the daemon gives it out.
    private func others(_ daemon: Daemon, of count: Int) throws -> [Substring] {
        let erased = Set((0..<3).map { Position(3 * Self.erased + $0 + 1) })
        var lines: [Substring] = []
        let connection = try daemon.connect()
        while lines.count < count {
            let answer = try connection.request(
                "GET /v1/events?limit=10000&after=\(lines.count) HTTP/1.1\r\nHost: x\r\nAccept: application/x-ndjson\r\n\r\n")
            let page = answer.text.split(separator: "\n")
            try #require(!page.isEmpty)
            lines += page
        }
        return lines.enumerated().filter { !erased.contains(Position($0.offset + 1)) }.map(\.element)
    }

    private func stages(_ daemon: Daemon, _ query: String = "") throws -> JSONValue? {
        try daemon.get("/v1/funnel?at=2026-06-01\(query)").json?["stages"]
    }

    private func filesWith(_ text: String, _ scratch: Scratch) throws -> [String] {
        let data = scratch.path + "/data"
        return try FileManager.default.subpathsOfDirectory(atPath: data).filter { file in
            FileManager.default.contents(atPath: data + "/" + file)?.firstRange(of: Array(text.utf8)) != nil
        }
    }

    @Test func oneJourneyIsErasedAndNothingElse() throws {
        let scratch = try Scratch()
        var daemon = try Daemon(scratch, environment: ["JOURNEYD_LOG_EPOCH_BYTES": "1000000"])
        let lines = (0..<Self.journeys).flatMap(Self.events)
        let stored = try daemon.post(lines.joined(separator: "\n"), "application/x-ndjson").lines
        #expect(stored.compactMap { $0["appended"]?.integer }.reduce(0, +) == lines.count)
        let (before, funnel) = (try others(daemon, of: lines.count), try stages(daemon, "&after=\(lines.count)"))
        let subject = "contact:\(Self.mark(Self.erased))@example.org"
        let path = "/v1/journeys/\(subject)"
        #expect(try daemon.get(path).json?["subjects"] == .array([.string(subject), .string("lead:\(Self.erased)")]))

        // Another plan's token does nothing.
        let plan = try daemon.post(#"{"subject":"lead:\#(Self.erased)"}"#, "application/json", to: "/v1/admin/erase")
        #expect(plan.status == 200 && plan.json?["plan"]?["events"]?.integer == 3 && plan.json?["plan"]?["personalEvents"]?.integer == 3)
        let token = try #require(plan.json?["token"]?.text)
        let wrong = try daemon.post(#"{"subject":"lead:1","token":"\#(token)"}"#, "application/json", to: "/v1/admin/erase")
        #expect(wrong.status == 409 && wrong.json?["code"]?.text == "plan-changed")
        #expect(try daemon.get(path).status == 200)

        let body = #"{"subject":"lead:\#(Self.erased)","token":"\#(token)"}"#
        let answer = try daemon.post(body, "application/json", to: "/v1/admin/erase")
        let last = try #require(answer.lines.last)
        #expect(answer.status == 200 && last["done"] == .bool(true) && last["remains"] == .array([]), "\(last)")
        #expect((last["lookedFor"]?.integer ?? 0) >= 4 && (last["files"]?.integer ?? 0) >= 8)
        // Once is enough.
        #expect(try daemon.post(body, "application/json", to: "/v1/admin/erase").status == 409)

        for round in 0..<2 {
            #expect(try filesWith(Self.mark(Self.erased), scratch) == [], "round \(round)")
            #expect(try daemon.get(path).status == 404)
            let journey = try daemon.get("/v1/journeys/lead:\(Self.erased)")
            #expect(!journey.text.contains(Self.mark(Self.erased)) && journey.json?["eventCount"]?.integer == 3)
            #expect(journey.json?["events"]?.elements?.map { $0["erased"] } == Array(repeating: .bool(true), count: 3))
            #expect(try others(daemon, of: lines.count) == before)
            #expect(try stages(daemon) == funnel, "counts stay")
            for view in ["funnel", "friction"] { #expect(try daemon.get("/v1/\(view)").json?["erased"]?.integer == 1) }
            #expect(try daemon.get("/v1/journeys/contact:\(Self.mark(1))@example.org").status == 200)
            let verified = try daemon.post("", "application/json", to: "/v1/admin/verify").lines
            #expect(verified.last?["damage"] == .array([]) && verified.last?["events"]?.integer == lines.count)
            // Who asks leaves columns behind, with the names of all subjects.
            let asked = try daemon.post(#"{"paths":{}}"#, "application/json", to: "/v1/questions")
            #expect(asked.status == 200, "\(asked.text)")
            daemon.signal(round == 0 ? SIGKILL : SIGTERM)
            daemon = try Daemon(scratch)
        }
        #expect(try filesWith("lead:\(Self.erased)", scratch).contains("views/columns/00000"))
        // Sent again, it is known and does not come back.
        let again = try daemon.post(Self.events(Self.erased).joined(separator: "\n"), "application/x-ndjson").lines
        #expect(again.compactMap { $0["duplicates"]?.integer }.reduce(0, +) == 3)
        #expect(try filesWith(Self.mark(Self.erased), scratch) == [])
    }
}
