import EventLog
import JourneyModel
import Questions
import TestSupport
import Testing
import Timelines

/// What is counted, as of when, and that work ends when nobody waits.
@Suite struct FrameTests {
    private static let steps = #""steps":[{"type":"test.a.done"},{"type":"test.b.done"}],"window":10"#

    private static func event(_ letter: String, _ second: Int, _ subject: String, account: String? = nil) -> String {
        eventJSON(
            "\(subject)\(letter)\(second)", type: "test.\(letter).done", subject: subject, account: account,
            time: Timestamp(microseconds: 1_767_225_600_000_000 + Int64(second) * 1_000_000).text, data: #"{"at":\#(second)}"#)
    }

    private static func counts(_ answer: JSONValue) -> [Int] {
        answer["steps"]?.elements?.map { $0["count"]?.integer ?? -1 } ?? []
    }

    @Test func attemptsAreTriesAndNotJourneys() async throws {
        // One that converts twice; one whose first entry is too early and whose second converts; entries in between are part of a try.
        let first = [("a", 0), ("a", 1), ("b", 2), ("a", 3), ("b", 4)].map { Self.event($0.0, $0.1, "lead:1") }
        let second = [("a", 0), ("a", 6), ("b", 12)].map { Self.event($0.0, $0.1, "lead:2") }
        let house = try await QuestionHouse.with(first + second)
        #expect(Self.counts(try house.ask("{\"funnel\":{\(Self.steps)}}")) == [2, 2])
        #expect(Self.counts(try house.ask("{\"funnel\":{\(Self.steps),\"count\":\"attempts\"}}")) == [4, 3])
    }

    @Test func subjectsOfAKindHaveTheirOwnEventsAndThoseOfNone() async throws {
        let account = "account:acme"
        let texts = [
            Self.event("a", 0, "lead:1", account: account), Self.event("x", 1, "opportunity:1", account: account),
            Self.event("b", 2, "opportunity:1", account: account), Self.event("x", 3, "opportunity:2", account: account),
        ]
        let house = try await QuestionHouse.with(texts)
        #expect(Self.counts(try house.ask("{\"funnel\":{\(Self.steps)}}")) == [1, 1])
        let answer = try house.ask("{\"funnel\":{\(Self.steps),\"count\":\"opportunity\"},\"list\":\"journeys\"}")
        #expect(Self.counts(answer) == [2, 1])
        #expect(answer["journeys"]?.elements?.map { $0["journey"]?.text } == [account, account])
    }

    @Test func whatWasKnownAtATimeIsAskedByIt() async throws {
        let house = try await QuestionHouse.with([Self.event("a", 0, "lead:1")])
        let recorded = try #require(try house.log.recordedAt(1))
        // The log's clock never goes back, but may stand: the next event has to be later.
        while Timestamp.now <= recorded {}
        try await house.append([Self.event("b", 5, "lead:1")])
        func counts(_ asOf: String) throws -> [Int] {
            Self.counts(try house.ask("{\"funnel\":{\(Self.steps)},\"asOf\":\(asOf)}"))
        }
        #expect(try counts("\"\(recorded.text)\"") == [1, 0])
        #expect(try counts("0") == [0, 0])
        #expect(try counts("1") == [1, 0])
        #expect(try counts("2") == [1, 1])
        let answer = try house.ask("{\"funnel\":{\(Self.steps)},\"asOf\":1}")
        #expect(answer["at"]?.text == recorded.text)
    }

    @Test func aJourneyInsideItsWindowIsUndecided() async throws {
        let house = try await QuestionHouse.with([Self.event("a", 0, "lead:1")])
        for (at, undecided) in [("2026-01-01T00:00:10Z", 1), ("2026-01-01T00:00:10.000001Z", 0)] {
            let first = try #require(try house.ask("{\"funnel\":{\(Self.steps)},\"at\":\"\(at)\"}")["steps"]?.elements?.first)
            #expect(first["undecided"]?.integer == undecided && first["dropped"]?.integer == 1 - undecided)
        }
    }

    @Test func moreFieldsThanOneWalkReadsAreReadInSeveral() async throws {
        let house = try await QuestionHouse.with([Self.event("a", 7, "lead:1"), Self.event("a", 8, "lead:2")])
        let others = (0..<70).map { #""data.x\#($0)":{"exists":false}"# }.joined(separator: ",")
        #expect(Self.counts(try house.ask(#"{"funnel":{"steps":[{"where":{"data.at":7,\#(others)}}]}}"#)) == [1])
    }

    @Test func workEndsWhenNobodyWaits() async throws {
        let house = try await QuestionHouse.with([Self.event("a", 0, "lead:1")])
        let utf8 = Array("{\"funnel\":{\(Self.steps)}}".utf8)
        let question = try Question(utf8.span)
        let engine = QuestionEngine(house.columns)
        #expect(throws: QuestionFault.self) { try engine.answer(question, WorkMonitor(isWanted: { false })) }
    }
}
