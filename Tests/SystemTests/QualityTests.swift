import FoundationEssentials
import Glibc
import JourneyModel
import TestSupport
import Testing

/// What the daemon says of the quality of its sources.
@Suite struct QualityTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    private func source(_ daemon: Daemon, _ name: String?) throws -> JSONValue? {
        let sources = try daemon.get("/v1/quality").json?["sources"]?.elements
        return sources?.first { $0["source"] == (name.map { .string($0) } ?? .null) }
    }

    private func figures(_ page: JSONValue?) -> [Int?] {
        ["accepted", "late", "unknownTypeEvents", "duplicates", "quarantined"].map { page?[$0]?.integer }
    }

    private func rejected(_ page: JSONValue?) -> [String] {
        (page?["rejected"]?.elements ?? []).map { "\($0["code"]?.text ?? "") \($0["events"]?.integer ?? 0)" }
    }

    @Test func eventsAreCountedByWhereTheyCameFromAndWhatBecameOfThem() throws {
        var daemon = try Daemon(scratch)
        let qualified = "marketing.lead.qualified"
        let crm = [
            eventJSON("1", type: qualified, source: "/crm", time: "2026-01-01T12:00:00Z", data: #"{"lead_id":"1"}"#),
            // A minute before the newest is not late, more than a minute is.
            eventJSON("2", type: qualified, source: "/crm", time: "2026-01-01T11:59:00Z", data: #"{"lead_id":"2"}"#),
            eventJSON("3", type: "crm.own.thing", source: "/crm", time: "2026-01-01T11:58:59Z"),
            eventJSON("4", type: qualified, source: "/crm", time: "2026-01-01T13:00:00Z"),
            eventJSON("5", source: "/crm", time: "soon"),
        ]
        let desk = [eventJSON("1", type: "desk.own.thing", source: "/desk"), eventJSON("2", subject: "nonsense", source: "/desk"), "{"]
        #expect(try daemon.post((crm + desk).joined(separator: "\n"), "application/x-ndjson").status == 200)
        // The same again, one by one, in an array, and with other content.
        #expect(try daemon.post(crm[0]).status == 200)
        #expect(try daemon.post("[\(crm[1]),\(crm[2]),\(desk[0])]", "application/cloudevents-batch+json").status == 200)
        #expect(try daemon.post(crm[3]).status == 400)
        #expect(try daemon.post("[\(desk[0]),\(desk[1])]", "application/cloudevents-batch+json").status == 400)
        #expect(try daemon.post(eventJSON("1", type: "desk.other.thing", source: "/desk")).status == 409)
        let other = eventJSON("3", type: "crm.other.thing", source: "/crm")
        #expect(try daemon.post(other, "application/x-ndjson").status == 200)

        #expect(try figures(source(daemon, "/crm")) == [3, 1, 1, 3, 0])
        #expect(try figures(source(daemon, "/desk")) == [1, 0, 1, 1, 0])
        #expect(try rejected(source(daemon, "/crm")) == ["conflicting-duplicate 1", "invalid-event 2", "invalid-time 1"])
        #expect(try rejected(source(daemon, "/desk")) == ["conflicting-duplicate 1", "invalid-event 2"])
        #expect(try rejected(source(daemon, nil)) == ["malformed-json 1"])
        #expect(try source(daemon, "/crm")?["newest"]?.text == "2026-01-01T12:00:00Z")
        let unknown = try source(daemon, "/crm")?["unknownTypes"]?.elements?.first
        #expect(unknown?["type"]?.text == "crm.own.thing" && unknown?["events"]?.integer == 1)

        // What is in the log is told again after the worst of ends; the rest is counted since the start, and says since when.
        daemon.signal(SIGKILL)
        daemon = try Daemon(scratch)
        #expect(try figures(source(daemon, "/crm")) == [3, 1, 1, 0, 0])
        #expect(try rejected(source(daemon, "/crm")) == [])
        let (quality, status) = try (daemon.get("/v1/quality").json, daemon.get("/v1/status").json)
        #expect(quality?["position"]?.integer == 4)
        #expect(quality?["countedSince"]?.text == status?["startedat"]?.text)
    }

    @Test func contradictionsAreCounted() throws {
        let daemon = try Daemon(scratch)
        for event in [
            eventJSON(
                "1", type: "sales.opportunity.created", source: "/crm", time: "2026-01-01T00:00:00Z",
                data: #"{"opp_id":"1","pipeline":"new","stage":"a"}"#),
            eventJSON("2", type: "marketing.lead.qualified", source: "/web", time: "2026-02-01T00:00:00Z", data: #"{"lead_id":"1"}"#),
        ] { #expect(try daemon.post(event).status == 200) }
        #expect(try daemon.get("/v1/funnel?after=2").status == 200)
        #expect(try daemon.get("/v1/quality").json?["contradictions"]?.integer == 1)
        // It came too early for the stage that comes first.
        #expect(try source(daemon, "/crm")?["contradictions"]?.integer == 1)
        #expect(try source(daemon, "/web")?["contradictions"]?.integer == 0)
    }

    /// Whatever a source in quarantine puts into data is stored as it is, and counted; views and questions take it in their stride.
    @Test func aSourceInQuarantineMayBreakSchemas() throws {
        let daemon = try Daemon(scratch, environment: ["JOURNEYD_QUARANTINE": "/old,/older"])
        let types = try FileManager.default.contentsOfDirectory(atPath: Self.schemas).map { String($0.dropLast(5)) }.sorted()
        #expect(types.count > 50)
        var (events, number) = ([String](), 0)
        for type in types {
            for data in [#"{}"#, Self.nonsense(type, "true"), Self.nonsense(type, #"{"a":[null]}"#), Self.nonsense(type, #"["lead:1",5]"#)]
            {
                number += 1
                events.append(eventJSON("\(number)", type: type, subject: "lead:\(number % 7)", source: "/old", data: data))
            }
        }
        let answer = try daemon.post(events.joined(separator: "\n"), "application/x-ndjson")
        let refused = answer.lines.flatMap { $0["rejected"]?.elements ?? [] }
        #expect(refused.isEmpty, "\(answer.text)")
        #expect(try source(daemon, "/old")?["accepted"]?.integer == events.count)
        #expect(try source(daemon, "/old")?["quarantined"]?.integer ?? 0 > types.count)
        for target in ["/v1/funnel", "/v1/friction", "/v1/journeys/lead:1", "/v1/events?limit=1000", "/v1/quality"] {
            let after = target.contains("events") || target.contains("quality") ? "" : "?after=\(events.count)"
            #expect(try daemon.get(target + after).status == 200, "\(target)")
        }
        for question in [#"{"friction":{}}"#, #"{"paths":{}}"#, #"{"funnel":{"steps":[{"type":"marketing.lead.created"}]}}"#] {
            #expect(try daemon.post(question, "application/json", to: "/v1/questions").status == 200, "\(question)")
        }
        // What is no event is none, from whatever source; and the schema holds for the others.
        #expect(try daemon.post(eventJSON("x", subject: "nonsense", source: "/old")).status == 400)
        #expect(try daemon.post(eventJSON("x", source: "/old", data: "5")).status == 400)
        #expect(try daemon.post(eventJSON("x", type: "marketing.lead.qualified", source: "/new", data: "{}")).status == 400)
        #expect(try daemon.get("/healthz").status == 200)
    }

    private static let schemas = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined() + "/schemas/events"

    /// Data of which each member that the schema declares is `value`.
    private static func nonsense(_ type: String, _ value: String) -> String {
        let text = (try? String(contentsOfFile: schemas + "/\(type).json", encoding: .utf8)) ?? "{}"
        let names = (try? JSONValue(text: text))?["properties"]?.members?.map(\.name) ?? []
        return "{" + names.map { "\"\($0)\":\(value)" }.joined(separator: ",") + "}"
    }
}
