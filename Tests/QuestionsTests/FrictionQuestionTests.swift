import JourneyModel
import Questions
import TestSupport
import Testing

@Suite struct FrictionQuestionTests {
    /// Has what any type of the catalogue requires, and what the measures ask for.
    private static let data = #"""
        {"lead_id":"1","channel":"call","direction":"outbound","human":true,"owner":"o","kind":"discount","subject":"opportunity:1",
         "quote_id":"1","money":{"minor":500,"ccy":"EUR"},"opp_id":"1","pipeline":"new","stage":"discovery","name":"first_value","invoice_id":"1",
         "order_id":"1","ticket_id":"1","public":true,"by":"agent","deal_id":"1","partner_key":"1","account":"1","reason":"r",
         "at":"2026-03-01T00:00:00Z","close_date":"2026-06-01","form_id":"1","to":"t","group":"support"}
        """#.split(separator: "\n").joined()

    private static func types(_ pattern: JSONValue) -> [String] {
        pattern["type"]?.text.map { [$0] } ?? pattern["type"]?.elements?.compactMap(\.text) ?? []
    }

    private struct Writer {
        var texts: [String] = []

        mutating func add(_ type: String, _ subject: String, _ time: String, data: String = FrictionQuestionTests.data) {
            texts.append(eventJSON("\(texts.count)", type: type, subject: subject, time: time, data: data))
        }
    }

    private static func rows(_ answer: JSONValue, _ measure: String, _ stage: String) -> [JSONValue] {
        (answer["frictions"]?.elements ?? []).filter {
            $0["measure"]?.text == measure && $0["stage"]?.text == stage && $0["segment"] == .null
        }
    }

    private static let catalogue = try? FrictionCatalogue.shipped()

    @Test func theCatalogueIsReadWhole() throws {
        let catalogue = try #require(Self.catalogue)
        #expect(catalogue.waits.count == 12 && catalogue.rates.count == 7)
        let known = Set(try EventCatalogue.shipped().types)
        for pattern in catalogue.waits.flatMap({ [$0.starts, $0.ends] + [$0.cancels].compactMap(\.self) })
            + catalogue.rates.flatMap({ [$0.base, $0.again] })
        {
            #expect(!Self.types(pattern).isEmpty && Self.types(pattern).allSatisfy(known.contains), "\(pattern)")
        }
    }

    /// One journey waited two hours and is done, one waits, one was cancelled where that can be.
    @Test(arguments: (catalogue?.waits ?? []).map(\.place.name)) func aWaitRunsFromItsStartToItsEnd(_ name: String) async throws {
        let wait = try #require(Self.catalogue?.waits.first { $0.place.name == name })
        var writer = Writer()
        for start in Self.types(wait.starts).prefix(1) {
            writer.add(start, "lead:1", "2026-03-02T10:00:00Z")
            // What starts again while it waits starts nothing new.
            writer.add(start, "lead:1", "2026-03-02T11:00:00Z")
            writer.add(start, "lead:2", "2026-03-31T22:00:00Z")
            writer.add(start, "lead:3", "2026-03-02T10:00:00Z")
        }
        writer.add(Self.types(wait.ends)[0], "lead:1", "2026-03-02T12:00:00Z")
        if let cancel = wait.cancels.map(Self.types)?.first { writer.add(cancel, "lead:3", "2026-03-02T11:00:00Z") }
        let answer = try await QuestionHouse.with(writer.texts).ask(#"{"friction":{"limit":1000},"at":"2026-04-01T00:00:00Z"}"#)
        let rows = Self.rows(answer, name, wait.place.stage)
        let row = try #require(rows.first)
        #expect(rows.count == 1 && row["n"]?.integer == 1 && row["p50"]?.integer == 7200, "\(row)")
        #expect(row["open"]?.integer == (wait.cancels == nil ? 2 : 1))
        #expect(row["oldestOpen"]?.integer == (wait.cancels == nil ? 29 * 86_400 + 50_400 : 7200))
        #expect(
            row["side"]?.text == wait.place.side.rawValue && row["from"]?.text == wait.place.from.name
                && row["to"]?.text == wait.place.to.name)
    }

    /// Of three journeys with the base, one has it again.
    @Test(arguments: (catalogue?.rates ?? []).map(\.place.name)) func aRateCountsJourneys(_ name: String) async throws {
        let rate = try #require(Self.catalogue?.rates.first { $0.place.name == name })
        var writer = Writer()
        for number in 1...3 { writer.add(Self.types(rate.base)[0], "lead:\(number)", "2026-03-02T10:00:00Z") }
        writer.add(Self.types(rate.again)[0], "lead:2", "2026-03-02T11:00:00Z")
        // Before the base, it is nothing that happened to it.
        if Self.types(rate.again)[0] != Self.types(rate.base)[0] { writer.add(Self.types(rate.again)[0], "lead:3", "2026-03-01T11:00:00Z") }
        let answer = try await QuestionHouse.with(writer.texts).ask(#"{"friction":{"limit":1000},"at":"2026-04-01"}"#)
        let row = try #require(Self.rows(answer, name, rate.place.stage).first)
        #expect(row["n"]?.integer == 3 && row["breaches"]?.integer == 1 && row["rate"]?.double == 0.333, "\(row)")
    }

    @Test func waitsAreMeasuredInBusinessHours() async throws {
        var writer = Writer()
        // Friday afternoon to Monday morning.
        writer.add("support.ticket.opened", "ticket:1", "2026-03-06T15:00:00Z")
        writer.add("support.ticket.replied", "ticket:1", "2026-03-09T10:00:00Z")
        let house = try await QuestionHouse.with(writer.texts)
        let calendar = #"{"open":"09:00","close":"17:00","offset":"+01:00","holidays":["2026-03-10"]}"#
        let answer = try house.ask(#"{"friction":{"calendar":\#(calendar)},"at":"2026-04-01"}"#)
        #expect(Self.rows(answer, "first-response", "ticket").first?["p50"]?.integer == 3 * 3600)
    }

    @Test func stagesMoneyAndSegmentsAreThoseOfTheView() async throws {
        var writer = Writer()
        for number in 0..<200 {
            let region = number % 2 == 0 ? "north" : "south"
            let data = #"{"lead_id":"\#(number)","region":"\#(region)"}"#
            writer.add("marketing.lead.qualified", "lead:\(number)", "2026-03-01T00:00:00Z", data: data)
            let day = number % 2 == 0 ? 10 + number % 10 : 2 + number % 3
            writer.add("sales.lead.accepted", "lead:\(number)", "2026-03-\(day < 10 ? "0" : "")\(day)T00:00:00Z", data: data)
        }
        let answer = try await QuestionHouse.with(writer.texts).ask(#"{"friction":{},"at":"2026-04-01"}"#)
        let first = try #require(answer["frictions"]?.elements?.first { $0["measure"]?.text == "handoff-wait" })
        #expect(first["segment"]?["value"]?.text == "north" && first["stage"]?.text == "sal" && first["n"]?.integer == 100)
        // The events alone, without the map, tell the same.
        let other = try #require(
            answer["frictions"]?.elements?.first { $0["stage"]?.text == "marketing.lead.qualified → sales.lead.accepted" })
        #expect(other["segment"]?["value"]?.text == "north" && other["measure"]?.text == "dwell")
    }
}
