import EventLog
import JourneyModel
import TestSupport
import Testing
import Views

/// What the funnel and a journey's page say of small histories that can be told by hand.
@Suite struct StageFunnelTests {
    private static func house(_ texts: [String], _ scratch: Scratch) async throws -> House {
        let house = try await House.open(scratch)
        _ = try await house.log.appendAndWait(EventReader(catalogue: try .shipped()).batch(texts)).get()
        await house.caughtUp()
        return house
    }

    private static func mql(_ lead: String, _ time: String) -> String {
        eventJSON("q-\(lead)", type: "marketing.lead.qualified", subject: "lead:\(lead)", time: time, data: #"{"lead_id":"\#(lead)"}"#)
    }

    private static func won(_ lead: String, _ time: String) -> String {
        let data = #"{"opp_id":"\#(lead)","money":{"minor":100,"ccy":"EUR"}}"#
        return eventJSON("w-\(lead)", type: "sales.opportunity.won", subject: "lead:\(lead)", time: time, data: data)
    }

    private static func lost(_ lead: String, _ time: String) -> String {
        eventJSON("l-\(lead)", type: "sales.opportunity.lost", subject: "lead:\(lead)", time: time, data: #"{"reason":"price"}"#)
    }

    private static func row(_ house: House, _ stage: String, at: String) throws -> JSONValue {
        var query = ViewQuery()
        query.at = Timestamp(at)
        let text = try house.views.funnel(query)
        let answer = try JSONValue(text.span)
        return try #require(answer["stages"]?.elements?.first { $0["stage"]?.text == stage })
    }

    private static func counts(_ row: JSONValue) -> [Int?] {
        ["entered", "converted", "undecided", "dropped", "contradictions"].map { row[$0]?.integer }
    }

    @Test func stagesMayBeSkippedAndTimeRunsToTheNextOneEntered() async throws {
        let scratch = try Scratch()
        let house = try await Self.house(
            [
                Self.mql("a", "2026-01-01T00:00:00Z"), Self.won("a", "2026-01-15T00:00:00Z"),
                Self.mql("b", "2026-01-01T00:00:00Z"), Self.lost("b", "2026-01-02T00:00:00Z"),
                Self.mql("c", "2026-01-01T00:00:00Z"),
                // Won two days before the first contact: counted, and said to be a contradiction.
                Self.mql("d", "2026-01-03T00:00:00Z"), Self.won("d", "2026-01-01T00:00:00Z"),
            ], scratch)
        defer { house.close() }
        let row = try Self.row(house, "mql", at: "2026-02-01T00:00:00Z")
        #expect(Self.counts(row) == [4, 2, 1, 1, 1])
        let times = try #require(row["timeToNext"])
        #expect(times["n"]?.integer == 2 && times["min"]?.integer == -172_800 && times["max"]?.integer == 1_209_600)
        #expect(times["median"]?.integer == 518_400)
        #expect(Self.counts(try Self.row(house, "committed", at: "2026-02-01T00:00:00Z")) == [2, 0, 2, 0, 0])
        let text = try #require(try house.views.journey(of: "lead:d", at: nil))
        let journey = try JSONValue(text.span)
        let contradiction = try #require(journey["contradictions"]?.elements?.first)
        #expect(contradiction["positions"]?.elements?.map(\.integer) == [6, 7] && contradiction["seconds"]?.integer == -172_800)
    }

    @Test func undecidedTurnsToDroppedWhenTheWindowIsOver() async throws {
        let scratch = try Scratch()
        let house = try await Self.house([Self.mql("a", "2026-01-01T00:00:00Z")], scratch)
        defer { house.close() }
        // 540 days: the far edge still counts.
        #expect(Self.counts(try Self.row(house, "mql", at: "2027-06-25T00:00:00Z")) == [1, 0, 1, 0, 0])
        #expect(Self.counts(try Self.row(house, "mql", at: "2027-06-25T00:00:00.000001Z")) == [1, 0, 0, 1, 0])
    }

    @Test func aCustomerWhoFillsInAFormStaysACustomer() async throws {
        let scratch = try Scratch()
        let form = eventJSON(
            "f", type: "marketing.form.submitted", subject: "lead:a", time: "2026-03-01T00:00:00Z", data: #"{"form_id":"x"}"#)
        let house = try await Self.house([Self.mql("a", "2026-01-01T00:00:00Z"), Self.won("a", "2026-01-15T00:00:00Z"), form], scratch)
        defer { house.close() }
        #expect(Self.counts(try Self.row(house, "lead", at: "2026-04-01T00:00:00Z")) == [0, 0, 0, 0, 0])
        let text = try #require(try house.views.journey(of: "lead:a", at: nil))
        let journey = try JSONValue(text.span)
        #expect(journey["stage"]?.text == "committed" && journey["department"]?.text == "finance")
        #expect(journey["openWaits"]?.elements?.first?["to"]?.text == "success")
    }
}
