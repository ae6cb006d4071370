import JourneyModel
import TestSupport
import Testing

/// Tiny journeys on which products disagree: each named semantics gives its own answer.
@Suite struct NamedSemanticsTests {
    /// Events as letters with the second they happen at; steps A and B, window 10.
    struct Case: Sendable, CustomTestStringConvertible {
        let events: [(String, Int)]
        var order = "ordered"
        let journeyd: Int
        let clickHouse: Int
        let postHog: Int
        var modes = ""

        var testDescription: String { events.map { "\($0.0)\($0.1)" }.joined(separator: " ") + " " + order }
    }

    static let cases = [
        Case(events: [("A", 0), ("A", 6), ("B", 12)], journeyd: 2, clickHouse: 2, postHog: 2),
        Case(events: [("A", 0), ("B", 10)], journeyd: 2, clickHouse: 2, postHog: 2),
        Case(events: [("A", 0), ("B", 11)], journeyd: 1, clickHouse: 1, postHog: 1),
        // At one moment ClickHouse and PostHog take the steps in their order; here the order of arrival counts.
        Case(events: [("B", 5), ("A", 5)], journeyd: 1, clickHouse: 2, postHog: 2),
        Case(events: [("B", 4), ("A", 5)], journeyd: 1, clickHouse: 1, postHog: 1),
        Case(
            events: [("A", 0), ("X", 1), ("A", 2), ("B", 3)], order: "strict", journeyd: 2, clickHouse: 1, postHog: 2, modes: "strict_order"
        ),
        Case(events: [("A", 0), ("X", 1), ("B", 2)], order: "strict", journeyd: 1, clickHouse: 1, postHog: 1, modes: "strict_order"),
        Case(events: [("B", 0), ("A", 3)], order: "any", journeyd: 2, clickHouse: 1, postHog: 2),
    ]

    @Test(arguments: cases)
    func eachSemanticsGivesItsOwn(_ journey: Case) async throws {
        let house = try await QuestionHouse.with(journey.events.enumerated().map { Self.event($1.0, $1.1, $0) })
        let modes = journey.modes.isEmpty ? "" : #""\#(journey.modes)""#
        let steps = #""steps":[{"type":"test.a.done"},{"type":"test.b.done"}],"window":10"#
        func level(_ semantics: String) throws -> Int {
            try house.levels("{\(steps),\(semantics)}")["lead:1"] ?? 0
        }
        #expect(try level(#""semantics":"journeyd/1","order":"\#(journey.order)""#) == journey.journeyd)
        #expect(try level(#""semantics":"clickhouse/26.9","modes":[\#(modes)]"#) == journey.clickHouse)
        #expect(try level(#""semantics":"posthog","order":"\#(journey.order)""#) == journey.postHog)
    }

    @Test func timesCountFromTheEntryThatEachChooses() async throws {
        let house = try await QuestionHouse.with([("A", 0), ("A", 2), ("B", 5)].enumerated().map { Self.event($1.0, $1.1, $0) })
        for (semantics, time) in [("journeyd/1", 5), ("posthog", 3), ("clickhouse/26.9", 3)] {
            let steps = #""steps":[{"type":"test.a.done"},{"type":"test.b.done"}],"window":10"#
            let answer = try house.ask(#"{"funnel":{\#(steps),"semantics":"\#(semantics)"}}"#)
            #expect(answer["steps"]?.elements?[1]["timeFromPrevious"]?["median"]?.integer == time, "\(semantics)")
        }
    }

    @Test func anExclusionTakesThePostHogJourneyOutAndHereTheChain() async throws {
        let events = [("A", 0), ("X", 1), ("B", 2)]
        let house = try await QuestionHouse.with(events.enumerated().map { Self.event($1.0, $1.1, $0) })
        let funnel = #""steps":[{"type":"test.a.done"},{"type":"test.b.done"}],"window":10,"exclude":[{"type":"test.x.done"}]"#
        #expect(try house.levels("{\(funnel)}") == ["lead:1": 1])
        #expect(try house.levels(#"{\#(funnel),"semantics":"posthog"}"#) == [:])
    }

    @Test func comparingTellsWhoDiffers() async throws {
        var texts = [("B", 5), ("A", 5)].enumerated().map { Self.event($1.0, $1.1, $0) }
        texts += [("A", 0), ("B", 5)].enumerated().map { Self.event($1.0, $1.1, $0, subject: "lead:2") }
        let house = try await QuestionHouse.with(texts)
        let steps = #""steps":[{"type":"test.a.done"},{"type":"test.b.done"}],"window":10"#
        let question =
            #"{"funnel":{\#(steps)},"compare":["journeyd/1","posthog",{"semantics":"clickhouse/26.9","modes":["strict_increase"]}]}"#
        let compared = try #require(try house.ask(question)["compare"]?.elements)
        #expect(compared.map { $0["differing"]?.integer } == [0, 1, 0])
        let journey = try #require(compared[1]["journeys"]?.elements?.first)
        #expect(journey["journey"]?.text == "lead:1" && journey["level"]?.integer == 1 && journey["otherLevel"]?.integer == 2)
        #expect(compared[1]["steps"]?.elements?.map { $0["count"]?.integer } == [2, 2])
    }

    private static func event(_ letter: String, _ second: Int, _ number: Int, subject: String = "lead:1") -> String {
        eventJSON(
            "\(subject)\(number)", type: "test.\(letter.lowercased()).done", subject: subject,
            time: Timestamp(microseconds: 1_767_225_600_000_000 + Int64(second) * 1_000_000).text)
    }
}
