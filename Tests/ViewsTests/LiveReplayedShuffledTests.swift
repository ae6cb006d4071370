import EventLog
import JourneyModel
import Questions
import TestSupport
import Testing
import Views

/// A view kept up to date event by event equals the same view replayed from zero, and equals it for the same events that arrive
/// late, twice, in another order, in other batches, or with a restart in between.
@Suite struct LiveReplayedShuffledTests {
    @Test(arguments: 1...200)
    func theAnswerDoesNotDependOnTheArrival(seed: Int) async throws {
        var random = Seeded(seed: UInt64(seed))
        let texts = Self.events(&random)
        let expected = try await Self.answers(batches: [texts], restartAfter: nil)
        var late: [String] = texts
        for _ in 0..<texts.count / 4 { late.append(texts.randomElement(using: &random) ?? texts[0]) }
        late.shuffle(using: &random)
        var batches: [[String]] = []
        while !late.isEmpty {
            let count = min(late.count, Int.random(in: 1...20, using: &random))
            batches.append(Array(late.prefix(count)))
            late.removeFirst(count)
        }
        let restart = Int.random(in: 0..<batches.count, using: &random)
        let found = try await Self.answers(batches: batches, restartAfter: restart)
        for (one, other) in zip(expected, found) {
            #expect(one == other, "seed \(seed)")
        }
    }

    /// Appends the batches one after another and asks everything; once in between the daemon's parts are closed and opened again.
    private static func answers(batches: [[String]], restartAfter: Int?) async throws -> [String] {
        let scratch = try Scratch()
        let reader = EventReader(catalogue: try .shipped())
        // Optional, so that the old one is gone before the directory is opened again.
        var open: House? = try await House.open(scratch)
        for (number, batch) in batches.enumerated() {
            _ = try await open?.log.appendAndWait(reader.batch(batch)).get()
            if number % 7 == 0 { _ = try open?.views.funnel(ViewQuery()) }
            if number == restartAfter {
                open?.close()
                open = nil
                open = try await House.open(scratch)
            }
        }
        let house = try #require(open)
        defer { house.close() }
        await house.caughtUp()
        var query = ViewQuery()
        query.at = Timestamp("2026-12-01T00:00:00Z")
        var answers = [try house.views.funnel(query), try house.views.friction(query)]
        query.by = "data.region"
        answers += [try house.views.funnel(query), try house.views.friction(query)]
        query.by = "data.lead_id"
        answers.append(try house.views.funnel(query))
        query.by = nil
        query.scope.from = Timestamp("2026-01-10T00:00:00Z")?.microseconds
        answers.append(try house.views.friction(query))
        return answers.map { String(decoding: $0, as: UTF8.self) }
    }

    /// Journeys through all stages, with links, parted links and merges, no two events at the same moment.
    private static func events(_ random: inout Seeded) -> [String] {
        let types: [(type: String, data: (Int) -> String)] = [
            ("marketing.lead.created", { #"{"lead_id":\#($0),"origin":"web","region":"\#(["north", "south"][$0 % 2])"}"# }),
            ("marketing.lead.qualified", { #"{"lead_id":\#($0)}"# }),
            ("marketing.lead.recycled", { _ in #"{"reason":"cold"}"# }),
            ("sales.lead.accepted", { _ in "{}" }),
            ("sales.opportunity.won", { #"{"opp_id":\#($0),"money":{"minor":\#($0 * 100),"ccy":"\#(["EUR", "USD"][$0 % 2])"}}"# }),
            ("sales.opportunity.lost", { _ in #"{"reason":"price"}"# }),
            ("finance.invoice.issued", { #"{"invoice_id":\#($0),"money":{"minor":1,"ccy":"EUR"}}"# }),
            ("success.milestone.reached", { _ in #"{"name":"first_value"}"# }),
            ("custom.thing.happened", { #"{"lead_id":\#($0)}"# }),
        ]
        var texts: [String] = []
        var time: Int64 = 1_767_225_600_000_000
        for number in 0..<120 {
            time += Int64.random(in: 1...40_000_000_000, using: &random)
            let journey = Int.random(in: 0..<12, using: &random)
            let moment = Timestamp(microseconds: time).text
            let subject = "\(["lead", "opportunity", "ticket"][number % 3]):\(journey)"
            let account = Int.random(in: 0..<2, using: &random) == 0 ? "account:\(journey / 2)" : nil
            switch Int.random(in: 0..<20, using: &random) {
            case 0:
                let data = #"{"a":"\#(subject)","b":"account:\#(journey / 3)"}"#
                let kind = Bool.random(using: &random) ? "linked" : "unlinked"
                texts.append(eventJSON("\(number)", type: "ops.identity.\(kind)", subject: subject, time: moment, data: data))
            case 1:
                let data = #"{"winner":"lead:\#(journey)","losers":["lead:\#((journey + 1) % 12)"]}"#
                texts.append(eventJSON("\(number)", type: "ops.record.merged", subject: subject, time: moment, data: data))
            case 2:
                let data = #"{"ticket_id":1,"to":"a","group":"\#(["support", "success"][number % 2])"}"#
                texts.append(
                    eventJSON("\(number)", type: "support.ticket.assigned", subject: "ticket:\(journey)", time: moment, data: data))
            default:
                guard let (type, data) = types.randomElement(using: &random) else { continue }
                texts.append(eventJSON("\(number)", type: type, subject: subject, account: account, time: moment, data: data(journey)))
            }
        }
        return texts
    }
}
