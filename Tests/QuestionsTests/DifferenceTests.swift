import JourneyModel
import Questions
import TestSupport
import Testing

/// What two answers differ in, and that the events are named which made it so.
@Suite(.serialized) struct DifferenceTests {
    private static let at = #""at":"2026-04-01""#
    private static let steps =
        #""steps":[{"type":"marketing.lead.created"},{"type":["sales.lead.accepted","sales.opportunity.won"]},"#
        + #"{"type":"finance.invoice.issued"}],"window":"P20D""#
    /// Every kind of funnel, and the stages.
    private static let questions = [
        #""funnel":{\#(steps)}"#, #""funnel":{\#(steps),"order":"strict"}"#, #""funnel":{\#(steps),"order":"any"}"#,
        #""funnel":{\#(steps),"semantics":"clickhouse/26.9"}"#, #""funnel":{\#(steps),"semantics":"posthog"}"#,
        #""funnel":{\#(steps),"count":"attempts"}"#, #""funnel":{\#(steps),"count":"opportunity"}"#, #""stages":{}"#,
        #""stages":{"scope":"sales","from":"2026-01-05"}"#,
    ]

    /// The numbers of an answer: by step or stage and cell, as text.
    private static func cells(_ answer: JSONValue) -> [String: String] {
        var cells: [String: String] = [:]
        for (index, row) in (answer["steps"]?.elements ?? answer["stages"]?.elements ?? []).enumerated() {
            let place = row["stage"]?.text ?? "\(index + 1)"
            for name in ["count", "entered", "converted", "undecided", "dropped", "contradictions", "timeFromPrevious", "timeToNext"] {
                if let value = row[name] { cells["\(place) \(name)"] = String(decoding: value.canonicalText, as: UTF8.self) }
            }
        }
        return cells
    }

    /// Whether the cells of a difference are those in which two answers differ.
    private static func check(_ diff: JSONValue?, _ before: JSONValue, _ after: JSONValue, _ note: String) throws {
        let (one, other) = (cells(before), cells(after))
        var expected: [String: [String]] = [:]
        for (name, value) in other where one[name] != value { expected[name] = [one[name] ?? "", value] }
        var found: [String: [String]] = [:]
        for cell in try #require(diff?["cells"]?.elements) {
            let place = cell["stage"]?.text ?? "\(cell["step"]?.integer ?? 0)"
            found["\(place) \(cell["cell"]?.text ?? "")"] = ["before", "after"].map {
                String(decoding: (cell[$0] ?? .null).canonicalText, as: UTF8.self)
            }
        }
        #expect(found == expected, "\(note)")
        // A number moves because some journey does, and the journeys told are those that differ.
        let journeys = try #require(diff?["journeys"]?.elements)
        #expect(diff?["differing"]?.integer == journeys.count)
        #expect(expected.isEmpty || !journeys.isEmpty, "\(note)")
        for journey in journeys { #expect(journey["before"] != journey["after"], "\(note)") }
    }

    @Test(arguments: 1...Seeds.count(25)) func whatCameBetweenTwoPositionsIsTold(seed: Int) async throws {
        var random = Seeded(seed: UInt64(seed))
        var texts = StageLog(hasCompensations: true, count: 120).events(&random)
        for _ in 0..<40 { texts.swapAt(Int.random(in: texts.indices, using: &random), Int.random(in: texts.indices, using: &random)) }
        let house = try await QuestionHouse.with(texts)
        let earlier = Int.random(in: 0...texts.count, using: &random)
        let later = Int.random(in: earlier...texts.count, using: &random)
        for question in Self.questions {
            let note = "seed \(seed), \(earlier) to \(later), \(question)"
            let before = try house.ask(#"{\#(question),\#(Self.at),"asOf":\#(earlier)}"#)
            let after = try house.ask(#"{\#(question),\#(Self.at),"asOf":\#(later),"diff":\#(earlier)}"#)
            let diff = try #require(after["diff"])
            #expect(diff["against"]?["position"]?.integer == earlier)
            try Self.check(diff, before, after, note)
            for journey in diff["journeys"]?.elements ?? [] {
                let positions = (journey["events"]?.elements ?? []).compactMap { $0["position"]?.integer }
                #expect(!positions.isEmpty && positions.allSatisfy { $0 > earlier && $0 <= later }, "\(note): \(journey)")
                #expect(positions == positions.sorted())
            }
            #expect(Self.cells(try house.ask(#"{\#(question),\#(Self.at),"asOf":\#(later),"diff":\#(later)}"#)) == Self.cells(after))
        }
    }

    @Test func theLateEventThatRestatedANumberIsNamed() async throws {
        func event(_ id: String, _ type: String, _ subject: String, _ day: String) -> String {
            eventJSON(id, type: type, subject: subject, time: "\(day)T00:00:00Z")
        }
        let house = try await QuestionHouse.with([
            event("1", "test.a.done", "lead:1", "2026-03-01"), event("2", "test.a.done", "lead:2", "2026-03-01"),
            event("3", "test.b.done", "lead:2", "2026-03-02"),
            // What happened before the second was recorded, and came after it; and what will have happened.
            event("4", "test.b.done", "lead:1", "2026-03-03"), event("5", "test.c.done", "lead:1", "2099-01-01"),
        ])
        let funnel = #""funnel":{"steps":[{"type":"test.a.done"},{"type":"test.b.done"}],"window":"P30D"}"#
        let diff = try #require(try house.ask(#"{\#(funnel),"at":"2026-03-10","diff":3}"#)["diff"])
        let journeys = try #require(diff["journeys"]?.elements)
        #expect(journeys.count == 1 && diff["differing"]?.integer == 1)
        #expect(journeys[0]["journey"]?.text == "lead:1")
        #expect(journeys[0]["before"]?.elements?.map { $0["level"]?.integer } == [1])
        #expect(journeys[0]["after"]?.elements?.map { $0["level"]?.integer } == [2])
        let events = journeys[0]["events"]?.elements ?? []
        #expect(events.map { $0["position"]?.integer } == [4, 5] && events.map { $0["late"] == .bool(true) } == [true, false])
    }

    /// The answer before a merge, with it assumed, is the answer after it.
    @Test(arguments: 1...Seeds.count(25)) func whatIsAssumedIsWhatComes(seed: Int) async throws {
        var random = Seeded(seed: UInt64(seed))
        let log = StageLog(hasCompensations: true, count: 120)
        // The last event of the last journeys, so that every subject that is named here is known.
        let known = ["lead:0", "lead:3", "lead:6", "opportunity:1", "opportunity:4", "ticket:2", "account:1"]
        let texts =
            known.enumerated().map { eventJSON("k\($0)", type: "custom.thing.happened", subject: $1, time: "2026-01-01T00:00:00Z") }
            + log.events(&random)
        let house = try await QuestionHouse.with(texts)
        var (assuming, events): ([String], [String]) = ([], [])
        for number in 0..<Int.random(in: 1...3, using: &random) {
            let names = Array(known.shuffled(using: &random).prefix(3))
            let (kind, type, data): (String, String, String) =
                switch Int.random(in: 0..<3, using: &random) {
                case 0: ("linked", "ops.identity.linked", #"{"a":"\#(names[0])","b":"\#(names[1])"}"#)
                case 1: ("unlinked", "ops.identity.unlinked", #"{"a":"\#(names[0])","b":"account:1"}"#)
                default: ("merged", "ops.record.merged", #"{"winner":"\#(names[0])","losers":["\#(names[1])","\#(names[2])"]}"#)
                }
            if names[0] == "account:1", kind == "unlinked" { continue }
            assuming.append(#"{"\#(kind)":\#(data)}"#)
            events.append(eventJSON("i\(number)", type: type, subject: "ops:1", time: "2026-04-01T00:00:00Z", data: data))
        }
        guard !assuming.isEmpty else { return }
        let before = try Self.questions.map { try house.ask(#"{\#($0),\#(Self.at)}"#) }
        let assumed = try Self.questions.map {
            try house.ask(#"{\#($0),\#(Self.at),"assuming":[\#(assuming.joined(separator: ","))]}"#)
        }
        try await house.append(events)
        for (index, question) in Self.questions.enumerated() {
            let note = "seed \(seed), \(assuming), \(question)"
            let after = try house.ask(#"{\#(question),\#(Self.at),"diff":\#(texts.count)}"#)
            #expect(Self.cells(assumed[index]) == Self.cells(after), "\(note)")
            try Self.check(assumed[index]["diff"], before[index], assumed[index], note)
            #expect(assumed[index]["diff"]?["cells"] == after["diff"]?["cells"], "\(note)")
            #expect(assumed[index]["diff"]?["differing"] == after["diff"]?["differing"], "\(note)")
        }
    }

    /// Links as known earlier: as if what says so later said nothing of links.
    @Test(arguments: 1...Seeds.count(25)) func identityIsAskedAsOfAnotherPosition(seed: Int) async throws {
        var random = Seeded(seed: UInt64(seed))
        let texts = StageLog(count: 120).events(&random)
        let house = try await QuestionHouse.with(texts)
        let known = Int.random(in: 0...texts.count, using: &random)
        let plain = texts.enumerated().map { number, text in number < known ? text : Self.withoutLinks(text) }
        let model = try await QuestionHouse.with(plain)
        for question in Self.questions {
            let answer = try house.ask(#"{\#(question),\#(Self.at),"identity":\#(known)}"#)
            let expected = try model.ask(#"{\#(question),\#(Self.at)}"#)
            #expect(Self.cells(answer) == Self.cells(expected), "seed \(seed), identity as of \(known), \(question)")
        }
    }

    /// The event with another type where it is about identity, and without its account.
    private static func withoutLinks(_ text: String) -> String {
        var text = text
        for type in ["ops.identity.linked", "ops.identity.unlinked", "ops.record.merged"] {
            if let range = text.firstRange(of: "\"\(type)\"") { text.replaceSubrange(range, with: "\"custom.identity.said\"") }
        }
        if let start = text.firstRange(of: #","account":""#), let end = text[start.upperBound...].firstIndex(of: "\"") {
            text.removeSubrange(start.lowerBound...end)
        }
        return text
    }

    @Test func anEarlierVoidOfALinkIsThatOfTheLinksPosition() async throws {
        func event(_ id: String, _ type: String, _ subject: String, data: String = "{}") -> String {
            eventJSON(id, type: type, subject: subject, time: "2026-03-0\(id)T00:00:00Z", data: data)
        }
        let house = try await QuestionHouse.with([
            event("1", "test.a.done", "lead:1"), event("2", "test.b.done", "lead:2"),
            event("3", "ops.identity.linked", "lead:1", data: #"{"a":"lead:1","b":"lead:2"}"#),
            event("4", "ops.event.voided", "ops:1", data: #"{"target":{"source":"/test","id":"3"},"reason":"r"}"#),
        ])
        func counts(_ frame: String) throws -> [Int?] {
            let funnel = #"{"funnel":{"steps":[{"type":"test.a.done"},{"type":"test.b.done"}]},"at":"2026-04-01"\#(frame)}"#
            return (try house.ask(funnel)["steps"]?.elements ?? []).map { $0["count"]?.integer }
        }
        #expect(try counts("") == [1, 0])
        #expect(try counts(#","identity":3"#) == [1, 1])
        #expect(try counts(#","asOf":3,"identity":4"#) == [1, 0])
        #expect(try counts(#","asOf":3,"identity":2"#) == [1, 0])
    }

    @Test func whatIsNotThereIsRefused() async throws {
        let house = try await QuestionHouse.with([eventJSON("1"), eventJSON("2")])
        let table = [
            (#"{"stages":{},"diff":3}"#, "/diff"), (#"{"stages":{},"asOf":1,"diff":2}"#, "/diff"),
            (#"{"stages":{},"identity":3}"#, "/identity"),
            (#"{"stages":{},"under":{"position":3}}"#, "/under/position"), (#"{"stages":{},"asOf":3}"#, "/asOf"),
            (#"{"stages":{},"assuming":[{"linked":{"a":"lead:1","b":"lead:7"}}]}"#, "/assuming/0/linked/b"),
            (#"{"stages":{},"assuming":[{"merged":{"winner":"lead:1","losers":["lead:7"]}}]}"#, "/assuming/0/merged/losers/0"),
        ]
        for (question, pointer) in table {
            do {
                _ = try house.ask(question)
                Issue.record("\(question) was not refused")
            } catch QuestionFault.invalid(let faults) {
                #expect(faults.map(\.pointer) == [pointer], "\(question): \(faults)")
            }
        }
    }
}
