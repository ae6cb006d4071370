import JourneyModel
import Questions
import TestSupport
import Testing
import Timelines

@Suite struct ExportTests {
    private static func export(_ house: QuestionHouse, _ question: String) throws -> String {
        let utf8 = Array(#"{"export":\#(question)}"#.utf8)
        let selection = try #require(try QuestionEngine(house.columns).selection(Question(utf8.span)))
        var bytes: [UInt8] = []
        let isWhole = try selection.write { piece in
            bytes += piece
            return true
        }
        #expect(isWhole)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func house() async throws -> QuestionHouse {
        try await .with([
            eventJSON(
                "1", type: "desk.ticket.worked", subject: "ticket:1", account: "account:a", time: "2026-01-01T00:00:00.5Z",
                data: #"{"step":"a <\"&\">","n":3,"in":{"x":1.5},"ok":true,"list":[7,null]}"#),
            eventJSON(
                "2", type: "desk.ticket.worked", subject: "ticket:1", time: "2026-01-02T00:00:00Z", data: #"{"step":"b,\n","n":2.5}"#),
            eventJSON("3", type: "desk.ticket.closed", subject: "ticket:2", time: "2026-01-03T00:00:00Z"),
            eventJSON("4", type: "desk.ticket.worked", subject: "ticket:2", time: "2026-01-02T00:00:00Z", data: #"{"step":"c"}"#),
            eventJSON(
                "5", type: "ops.event.corrected", subject: "ticket:9",
                data: #"{"target":{"source":"/test","id":"4"},"reason":"typo","data":{"step":"d"}}"#),
        ])
    }

    @Test func xesHasATraceForEachJourney() async throws {
        let text = try Self.export(
            try await Self.house(), #"{"format":"xes","activity":"data.step","where":{"data.step":{"exists":true}}}"#)
        let traces = text.split(separator: "\n").filter { $0.hasPrefix("<trace>") }
        #expect(traces.count == 2 && text.hasSuffix("</trace>\n</log>\n"))
        #expect(
            traces[0].hasPrefix(
                #"<trace><string key="concept:name" value="account:a"/><event><string key="concept:name" value="a &lt;&quot;&amp;&quot;&gt;"/>"#
            ))
        #expect(traces[0].contains(#"<date key="time:timestamp" value="2026-01-01T00:00:00.5Z"/>"#))
        #expect(
            traces[0].contains(#"<int key="data.n" value="3"/><float key="data.in.x" value="1.5"/><boolean key="data.ok" value="true"/>"#))
        #expect(traces[0].contains(#"<int key="data.list.0" value="7"/>"#) && traces[0].contains(##"value="b,&#10;""##))
        // In the order of time; the fourth event as it was corrected; the third has no step and is told by its type.
        let second = traces[1].ranges(of: "concept:name\" value=\"").map { traces[1][$0.upperBound...].prefix { $0 != "\"" } }
        #expect(second == ["ticket:2", "d", "desk.ticket.closed"])
    }

    @Test func ocelRelatesEventsToSubjectsAndAccounts() async throws {
        let value = try JSONValue(text: try Self.export(try await Self.house(), #"{"format":"ocel","journeys":["ticket:1"]}"#))
        let events = try #require(value["events"]?.elements)
        #expect(events.map { $0["id"]?.text } == ["1", "2"])
        #expect(events[0]["relationships"]?.elements?.compactMap { $0["objectId"]?.text } == ["ticket:1", "account:a"])
        #expect(value["objects"]?.elements?.compactMap { $0["id"]?.text } == ["account:a", "ticket:1"])
        #expect(value["objectTypes"]?.elements?.compactMap { $0["name"]?.text } == ["account", "ticket"])
        let types = try #require(value["eventTypes"]?.elements?.first)
        let n = types["attributes"]?.elements?.first { $0["name"]?.text == "data.n" }
        #expect(types["name"]?.text == "desk.ticket.worked" && n?["type"]?.text == "float")
    }

    @Test func csvAndLinesKeepEverything() async throws {
        let house = try await Self.house()
        let csv = try Self.export(house, #"{"format":"csv","journeys":["ticket:1"]}"#)
        let lines = csv.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines[0] == "journey,activity,time,position,type,subject,account,source,id,data")
        #expect(
            lines[1].hasPrefix(
                #"account:a,desk.ticket.worked,2026-01-01T00:00:00.5Z,1,desk.ticket.worked,ticket:1,account:a,/test,1,"{""step"":"#))
        let ndjson = try Self.export(house, #"{"format":"ndjson"}"#).split(separator: "\n").map { try JSONValue(text: String($0)) }
        #expect(ndjson.count == 5)
        #expect(Set(ndjson.compactMap { $0["journey"]?.text }) == ["account:a", "ticket:2", "ticket:9"])
        #expect(ndjson.first { $0["id"]?.text == "4" }?["data"]?["step"]?.text == "d")
    }

    @Test func whoIsNotHeardOfIsNotExported() async throws {
        let house = try await Self.house()
        #expect(throws: QuestionFault.self) { try Self.export(house, #"{"format":"csv","journeys":["ticket:77"]}"#) }
        var calls = 0
        let utf8 = Array(#"{"export":{"format":"csv"}}"#.utf8)
        let selection = try #require(try QuestionEngine(house.columns).selection(Question(utf8.span)))
        let isWhole = try selection.write { _ in
            calls += 1
            return false
        }
        #expect(!isWhole && calls == 1)
    }
}
