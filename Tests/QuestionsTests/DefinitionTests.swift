import JourneyModel
import Questions
import TestSupport
import Testing

/// Under which stage map, business hours and service levels a question is answered.
@Suite struct DefinitionTests {
    /// Two stages, of types that the shipped map does not know.
    private static func map(window: String = "P10D", second: String = "b") -> String {
        #"""
        {"stages":[{"name":"first","department":"sales","side":"prospect","window":"\#(window)"},
                   {"name":"last","department":"success","side":"customer","window":"P10D"}],
         "effects":[{"type":"test.a.done","enters":"first"},{"type":"test.\#(second).done","enters":"last"}]}
        """#
    }

    private static func event(_ letter: String, _ day: Int, _ subject: String) -> String {
        let date = "2026-03-\(day < 10 ? "0" : "")\(day)"
        return eventJSON("\(letter)\(day)\(subject)", type: "test.\(letter).done", subject: subject, time: "\(date)T00:00:00Z")
    }

    private static func set(_ id: String, _ kind: String, _ definition: String) -> String {
        eventJSON(
            id, type: "ops.definition.set", subject: "definition:\(kind)", time: "2026-03-01T00:00:00Z",
            data: #"{"name":"\#(kind)","kind":"\#(kind)","definition":\#(definition)}"#)
    }

    private static let journeys = [
        event("a", 1, "lead:1"), event("b", 5, "lead:1"), event("a", 1, "lead:2"), event("c", 3, "lead:2"), event("a", 1, "lead:3"),
    ]

    private static func rows(_ answer: JSONValue, _ member: String = "stages") -> [String] {
        (answer[member]?.elements ?? []).map { row in
            let numbers = ["entered", "converted", "undecided", "dropped"].map { "\(row[$0]?.integer ?? -1)" }
            return "\(row["stage"]?.text ?? "") \(numbers.joined(separator: " "))"
        }
    }

    @Test func anotherMapIsAskedUnder() async throws {
        let house = try await QuestionHouse.with(Self.journeys)
        let answer = try house.ask(#"{"stages":{},"at":"2026-03-08","under":\#(Self.map())}"#)
        #expect(Self.rows(answer) == ["first 3 1 2 0", "last 1 0 0 0"])
        let shorter = try house.ask(#"{"stages":{},"at":"2026-03-08","under":\#(Self.map(window: "P3D"))}"#)
        #expect(Self.rows(shorter) == ["first 3 0 0 3", "last 1 0 0 0"])
        #expect(answer["map"] != shorter["map"] && answer["definition"] == shorter["definition"])
        #expect(Self.rows(try house.ask(#"{"stages":{}}"#)).count == 13)
    }

    @Test func theMapInForceIsTheLastThatWasSet() async throws {
        let house = try await QuestionHouse.with(
            Self.journeys + [Self.set("m1", "stages", Self.map()), Self.set("m2", "stages", Self.map(second: "c"))])
        func last(_ frame: String) throws -> String? { Self.rows(try house.ask(#"{"stages":{},"at":"2026-03-20"\#(frame)}"#)).last }
        #expect(try last("") == "last 1 0 0 0")
        #expect(try last(#","under":{"position":6}"#) == "last 1 0 0 0")
        #expect(try last(#","asOf":6"#) == "last 1 0 0 0")
        // Before any was set, the shipped one holds, now as then.
        #expect(try last(#","under":{"position":5}"#)?.hasPrefix("renewed") == true)
        #expect(try last(#","asOf":5"#)?.hasPrefix("renewed") == true)
        func converted(_ frame: String) throws -> [String] {
            (try house.ask(#"{"stages":{},"at":"2026-03-20"\#(frame)}"#)["stages"]?.elements ?? []).map {
                "\($0["timeToNext"]?["median"]?.integer ?? -1)"
            }
        }
        // Four days to b, two to c.
        #expect(try converted(#","asOf":6"#)[0] == "345600")
        #expect(try converted("")[0] == "172800")
        #expect(try converted(#","under":{"position":6}"#)[0] == "345600")
    }

    @Test func whatCannotBeUnderstoodIsSkippedAndTold() async throws {
        let bad = #"{"stages":[{"name":"one","department":"nobody","side":"prospect","window":"P1D"}]}"#
        let house = try await QuestionHouse.with(
            Self.journeys + [
                Self.set("m1", "stages", Self.map()), Self.set("m2", "stages", bad), Self.set("c1", "calendar", #"{"open":"17:00"}"#),
                Self.set("l1", "service-levels", #"{"first":"soon"}"#), Self.set("p1", "policy", "{}"),
            ])
        let answer = try house.ask(#"{"stages":{},"at":"2026-03-08"}"#)
        #expect(Self.rows(answer) == ["first 3 1 2 0", "last 1 0 0 0"])
        let refused = answer["refusedDefinitions"]?.elements ?? []
        #expect(refused.map { $0["position"]?.integer } == [7, 8, 9])
        #expect(
            refused.map { $0["pointer"]?.text } == [
                "/definition/stages/0/department", "/definition", "/definition/first",
            ], "\(refused)")
        #expect(try house.ask(#"{"stages":{},"asOf":7}"#)["refusedDefinitions"]?.elements?.count == 1)
    }

    @Test func aDefinitionThatIsVoidedDoesNotCount() async throws {
        let void = eventJSON(
            "v", type: "ops.event.voided", subject: "definition:stages", time: "2026-03-02T00:00:00Z",
            data: #"{"target":{"source":"/test","id":"m2"},"reason":"wrong"}"#)
        let house = try await QuestionHouse.with(
            Self.journeys + [Self.set("m1", "stages", Self.map()), Self.set("m2", "stages", Self.map(second: "c")), void])
        func median(_ frame: String) throws -> Int? {
            try house.ask(#"{"stages":{},"at":"2026-03-20"\#(frame)}"#)["stages"]?.elements?.first?["timeToNext"]?["median"]?.integer
        }
        #expect(try median("") == 345_600)
        #expect(try median(#","asOf":7"#) == 172_800)
    }

    @Test func theMapInForceIsHeldAgainstAnother() async throws {
        let house = try await QuestionHouse.with(Self.journeys + [Self.set("m1", "stages", Self.map())])
        let answer = try house.ask(#"{"stages":{},"at":"2026-03-08","under":\#(Self.map(window: "P3D")),"diff":"under"}"#)
        let diff = try #require(answer["diff"])
        let cells = (diff["cells"]?.elements ?? []).map {
            "\($0["stage"]?.text ?? "") \($0["cell"]?.text ?? "") \($0["before"]?.integer ?? -1) \($0["after"]?.integer ?? -1)"
        }
        #expect(cells == ["first converted 1 0", "first undecided 2 0", "first dropped 0 3", "first timeToNext -1 -1"])
        #expect(diff["differing"]?.integer == 3 && diff["journeys"]?.elements?.count == 3)
        let first = try #require(diff["journeys"]?.elements?.first)
        #expect(first["journey"]?.text == "lead:1" && first["events"] == nil)
        #expect(first["before"]?.elements?.first?["stages"]?.elements?.first?["outcome"]?.text == "converted")
        #expect(first["after"]?.elements?.first?["stages"]?.elements?.first?["outcome"]?.text == "dropped")
        #expect(diff["against"]?["definition"] == (try house.ask(#"{"stages":{}}"#))["map"])
    }

    @Test func staysAreHeldAgainstTheirServiceLevel() async throws {
        let events = (1...5).flatMap { [Self.event("a", 1, "lead:\($0)"), Self.event("b", 1 + $0, "lead:\($0)")] }
        let open = [Self.event("a", 1, "lead:8"), Self.event("a", 9, "lead:9")]
        let house = try await QuestionHouse.with(
            events + open + [Self.set("m", "stages", Self.map()), Self.set("l", "service-levels", #"{"first":"P3D","gone":"P1D"}"#)])
        func row(_ frame: String) throws -> JSONValue? {
            try house.ask(#"{"friction":{"sources":["stages"]},"at":"2026-03-10"\#(frame)}"#)["frictions"]?.elements?.first {
                $0["measure"]?.text == "dwell"
            }
        }
        let found = try #require(try row(""))
        // Of the closed ones four and five days are longer than three, of the open ones nine days are.
        #expect(found["serviceLevel"]?.integer == 3 * 86_400, "\(found)")
        #expect(found["stalled"]?.integer == 1 && found["breaches"]?.integer == 3, "\(found)")
        let without = try #require(try row(#","asOf":13"#))
        #expect(without["serviceLevel"] == nil && without["stalled"] == nil)
    }

    @Test func theCalendarInForceIsThatOfFrictions() async throws {
        let house = try await QuestionHouse.with(
            [Self.event("a", 1, "lead:1"), Self.event("b", 3, "lead:1"), Self.set("m", "stages", Self.map())]
                + [Self.set("c", "calendar", #"{"open":"09:00","close":"17:00"}"#)])
        func median(_ question: String, _ frame: String = "") throws -> Int? {
            try house.ask(#"{"friction":{"sources":["stages"]\#(question)},"at":"2026-03-10"\#(frame)}"#)["frictions"]?.elements?.first {
                $0["measure"]?.text == "dwell"
            }?["p50"]?.integer
        }
        // 1 March 2026 is a Sunday: Monday is all there is between.
        #expect(try median("") == 8 * 3600)
        #expect(try median("", #","asOf":3"#) == 2 * 86_400)
        #expect(try median(#","calendar":{"open":"09:00","close":"10:00"}"#) == 3600)
    }
}
