import EventLog
import JourneyModel
import Questions
import TestSupport
import Testing
import Views

/// Stalls of which an event says why they are none for a while.
@Suite(.serialized) struct SnoozeTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    private static let levels = eventJSON(
        "levels", type: "ops.definition.set", subject: "definition:levels",
        data: #"{"name":"levels","kind":"service-levels","definition":{"lead":"P3D","mql":"P3D","sal":"P3D"}}"#)

    private static func event(_ id: String, _ type: String, day: Int, subject: String = "lead:1", data: String = "{}") -> String {
        eventJSON(id, type: type, subject: subject, time: date(day), data: data)
    }

    private static func date(_ day: Int) -> String { "2026-03-\(day < 10 ? "0" : "")\(day)T00:00:00Z" }

    private static func qualified(day: Int, subject: String = "lead:1") -> String {
        event("q\(subject)", "marketing.lead.qualified", day: day, subject: subject, data: #"{"lead_id":1}"#)
    }

    private static func accepted(day: Int) -> String { event("accepted", "sales.lead.accepted", day: day) }

    private static func snooze(_ id: String, day: Int, until: Int, stage: String? = nil, subject: String = "lead:1") -> String {
        let place = stage.map { #","stage":"\#($0)""# } ?? ""
        return event(
            id, "ops.stall.snoozed", day: day, subject: subject, data: #"{"until":"\#(date(until))","reason":"because of \#(id)"\#(place)}"#
        )
    }

    private static func compensation(_ kind: String, of id: String, day: Int, data: String = "") -> String {
        event("\(kind) \(id)", "ops.event.\(kind)", day: day, data: #"{"target":{"source":"/test","id":"\#(id)"},"reason":"r"\#(data)}"#)
    }

    private func house(_ texts: [String]) async throws -> House {
        let house = try await House.open(scratch)
        try await append(house, [Self.levels] + texts)
        return house
    }

    private func append(_ house: House, _ texts: [String]) async throws {
        _ = try await house.log.appendAndWait(EventReader(catalogue: try .shipped()).batch(texts)).get()
        await house.caughtUp()
    }

    /// What the view says of the waits of a measure, and the question says the same: stalled, snoozed and open.
    private func stalls(_ house: House, day: Int, _ measure: String = "handoff-wait") throws -> [Int?] {
        var query = ViewQuery()
        query.at = Timestamp(Self.date(day))
        let view = try house.views.friction(query)
        let question = Array(#"{"friction":{"sources":["stages"]},"at":"\#(Self.date(day))"}"#.utf8)
        let answer = try house.engine.answer(Question(question.span))
        let (told, asked) = (try Self.row(view, measure), try Self.row(answer, measure))
        #expect(told == asked)
        return told
    }

    private static func row(_ answer: [UInt8], _ measure: String) throws -> [Int?] {
        let row = try JSONValue(answer.span)["frictions"]?.elements?.first { $0["measure"]?.text == measure && $0["segment"] == .null }
        return ["stalled", "snoozed", "open"].map { row?[$0]?.integer }
    }

    /// What the journey's page says of its wait: `stalled`, `ok`, or the reason why it is snoozed.
    private func wait(_ house: House, day: Int, _ subject: String = "lead:1") throws -> String {
        let text = try #require(try house.views.journey(of: subject, at: Timestamp(Self.date(day))))
        return try Self.told(JSONValue(text.span)["openWaits"]?.elements?.first)
    }

    private static func told(_ wait: JSONValue?) -> String {
        if let snoozed = wait?["snoozed"] {
            let stalled = wait?["stalled"] == .bool(true) ? " and stalled" : ""
            return "\(snoozed["reason"]?.text ?? "none") until \(snoozed["until"]?.text?.prefix(10).suffix(2) ?? "")\(stalled)"
        }
        return wait.map { $0["stalled"] == .bool(true) ? "stalled" : "ok" } ?? "none"
    }

    @Test func aStallIsSnoozedFromTheEventUntilItsMoment() async throws {
        let house = try await house([Self.qualified(day: 1), Self.snooze("a", day: 6, until: 10)])
        defer { house.close() }
        #expect(try wait(house, day: 3) == "ok")
        #expect(try wait(house, day: 5) == "stalled")
        #expect(try wait(house, day: 6) == "because of a until 10")
        #expect(try wait(house, day: 9) == "because of a until 10")
        // The clock moved, and no event came.
        #expect(try wait(house, day: 10) == "stalled")
        #expect(try stalls(house, day: 5) == [1, 0, 1])
        #expect(try stalls(house, day: 6) == [0, 1, 1])
        #expect(try stalls(house, day: 10) == [1, 0, 1])
        let text = try #require(try house.views.journey(of: "lead:1", at: Timestamp(Self.date(6))))
        let told = try JSONValue(text.span)["openWaits"]?.elements?.first
        #expect(told?["snoozed"]?["position"]?.integer == 3 && told?["serviceLevel"]?.integer == 3 * 86_400)
        // It is no activity: the wait is as long as it was.
        #expect(told?["since"]?.text == Self.date(1) && told?["seconds"]?.integer == 5 * 86_400)
    }

    @Test func aWaitThatIsNoStallYetIsSnoozedAndNotCounted() async throws {
        let house = try await house([Self.qualified(day: 1), Self.snooze("a", day: 2, until: 10)])
        defer { house.close() }
        #expect(try wait(house, day: 3) == "because of a until 10")
        #expect(try stalls(house, day: 3) == [0, 0, 1])
        #expect(try stalls(house, day: 5) == [0, 1, 1])
    }

    @Test func theSnoozeEndsWithTheStay() async throws {
        let house = try await house([Self.qualified(day: 1), Self.snooze("a", day: 6, until: 20), Self.accepted(day: 8)])
        defer { house.close() }
        #expect(try wait(house, day: 9) == "ok")
        #expect(try wait(house, day: 12) == "stalled")
        #expect(try stalls(house, day: 12, "dwell") == [1, 0, 1])
        // Back in the stage, it is another stay.
        try await append(house, [Self.event("r", "marketing.lead.recycled", day: 13, data: #"{"reason":"cold"}"#)])
        #expect(try wait(house, day: 19) == "stalled")
    }

    @Test func aLaterSnoozeTakesThePlaceOfAnEarlierAndTakesItBack() async throws {
        let house = try await house([Self.qualified(day: 1), Self.snooze("b", day: 7, until: 12)])
        defer { house.close() }
        // It comes late, and was said before.
        try await append(house, [Self.snooze("a", day: 6, until: 25)])
        #expect(try wait(house, day: 8) == "because of b until 12")
        #expect(try wait(house, day: 12) == "stalled")
        try await append(house, [Self.snooze("c", day: 8, until: 8)])
        #expect(try wait(house, day: 9) == "stalled")
        #expect(try stalls(house, day: 9) == [1, 0, 1])
    }

    @Test func aSnoozeForAnotherStageChangesNothing() async throws {
        let house = try await house([Self.qualified(day: 1), Self.snooze("a", day: 5, until: 20, stage: "mql")])
        defer { house.close() }
        try await append(house, [Self.snooze("b", day: 6, until: 25, stage: "sal"), Self.snooze("c", day: 7, until: 25, stage: "gone")])
        #expect(try wait(house, day: 8) == "because of a until 20")
        #expect(try stalls(house, day: 8) == [0, 1, 1])
    }

    @Test func whatIsVoidedIsTakenBackAndWhatIsCorrectedIsAnother() async throws {
        let house = try await house([Self.qualified(day: 1), Self.snooze("a", day: 6, until: 10), Self.snooze("b", day: 7, until: 15)])
        defer { house.close() }
        let data = #","data":{"until":"\#(Self.date(20))","reason":"something else"}"#
        try await append(house, [Self.compensation("corrected", of: "b", day: 8, data: data)])
        #expect(try wait(house, day: 16) == "something else until 20")
        #expect(try stalls(house, day: 16) == [0, 1, 1])
        try await append(house, [Self.compensation("voided", of: "b", day: 9)])
        #expect(try wait(house, day: 9) == "because of a until 10")
        #expect(try wait(house, day: 16) == "stalled")
        try await append(house, [Self.compensation("voided", of: "voided b", day: 10)])
        #expect(try wait(house, day: 16) == "something else until 20")
    }

    @Test func anySubjectOfTheJourneyWillDo() async throws {
        let house = try await house([Self.qualified(day: 1), Self.snooze("a", day: 6, until: 20, subject: "account:acme")])
        defer { house.close() }
        #expect(try wait(house, day: 7) == "stalled")
        let link = #"{"a":"lead:1","b":"account:acme"}"#
        try await append(house, [Self.event("l", "ops.identity.linked", day: 7, data: link)])
        #expect(try wait(house, day: 8) == "because of a until 20")
        try await append(house, [Self.event("u", "ops.identity.unlinked", day: 8, data: link)])
        #expect(try wait(house, day: 9) == "stalled")
    }

    @Test func asOfAnEarlierPositionNothingIsSnoozed() async throws {
        let house = try await house([Self.qualified(day: 1), Self.snooze("a", day: 6, until: 20)])
        defer { house.close() }
        func stalls(_ frame: String) throws -> [Int?] {
            let question = Array(#"{"friction":{"sources":["stages"]},"at":"\#(Self.date(7))"\#(frame)}"#.utf8)
            return try Self.row(house.engine.answer(Question(question.span)), "handoff-wait")
        }
        #expect(try stalls("") == [0, 1, 1])
        #expect(try stalls(#","asOf":2"#) == [1, 0, 1])
    }

    @Test func aKeptViewFollowsSnoozes() async throws {
        let house = try await house([Self.qualified(day: 1), Self.qualified(day: 2, subject: "lead:2")])
        defer { house.close() }
        _ = try house.kept.put("stalls", Array(#"{"friction":{"sources":["stages"]}}"#.utf8))
        func kept(_ change: (inout KeptViews.Query) -> Void = { _ in }) throws -> [Int?] {
            var query = KeptViews.Query()
            query.at = Timestamp(Self.date(8))
            change(&query)
            return try Self.row(house.kept.answer("stalls", query), "handoff-wait")
        }
        #expect(try kept() == [2, 0, 2])
        try await append(house, [Self.snooze("a", day: 6, until: 20)])
        await house.caughtUp("stalls")
        #expect(try kept() == [1, 1, 2])
    }

    @Test func aRestartForgetsNoSnooze() async throws {
        var open: House? = try await house([Self.qualified(day: 1), Self.snooze("a", day: 6, until: 20)])
        open?.close()
        open = nil
        let again = try await House.open(scratch)
        defer { again.close() }
        await again.caughtUp()
        #expect(try wait(again, day: 7) == "because of a until 20")
    }

    @Test func businessHoursAreWhatStallsAreMeasuredIn() async throws {
        // A Thursday: the three days that it may wait are nine working days of eight hours.
        let calendar = #"{"name":"c","kind":"calendar","definition":{"open":"09:00","close":"17:00"}}"#
        let house = try await house([Self.qualified(day: 5), Self.event("c", "ops.definition.set", day: 1, data: calendar)])
        defer { house.close() }
        #expect(try wait(house, day: 16) == "ok")
        #expect(try stalls(house, day: 16) == [0, 0, 1])
        #expect(try wait(house, day: 20) == "stalled")
        #expect(try stalls(house, day: 20) == [1, 0, 1])
    }
}
