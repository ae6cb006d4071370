import EventLog
import JourneyModel
import Questions
import TestSupport
import Testing
import Views

/// A view kept up to date event by event equals the same view replayed from zero, and equals it for the same events that arrive
/// late, twice, in another order, in other batches, or with a restart in between.
@Suite(.serialized) struct LiveReplayedShuffledTests {
    @Test(arguments: 1...Seeds.count(200))
    func theAnswerDoesNotDependOnTheArrival(seed: Int) async throws {
        var random = Seeded(seed: UInt64(seed))
        let texts = RandomCompany.events(&random)
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

    /// Which map is in force is told by the order of the log, so that the order is the same here.
    @Test(arguments: 1...Seeds.count(50))
    func theAnswerFollowsDefinitionsAsAReplayDoes(seed: Int) async throws {
        var random = Seeded(seed: UInt64(seed))
        var texts = RandomCompany.events(&random)
        for text in try RandomDefinitions.events(4, &random) { texts.insert(text, at: Int.random(in: 0...texts.count, using: &random)) }
        let expected = try await Self.answers(batches: [texts], restartAfter: nil)
        var batches: [[String]] = []
        var left = texts[...]
        while !left.isEmpty {
            let count = Int.random(in: 1...20, using: &random)
            batches.append(Array(left.prefix(count)))
            left = left.dropFirst(count)
        }
        let found = try await Self.answers(batches: batches, restartAfter: Int.random(in: 0..<batches.count, using: &random))
        for (one, other) in zip(expected, found) {
            #expect(one == other, "seed \(seed)")
        }
    }

    /// Appends the batches one after another and asks everything; once in between the daemon's parts are closed and opened again.
    private static func answers(batches: [[String]], restartAfter: Int?) async throws -> [String] {
        let scratch = try Scratch()
        let house = try await House.open(scratch, batches: batches, restartAfter: restartAfter) { (house, number) in
            if number % 7 == 1 { _ = try house.views.funnel(ViewQuery()) }
        }
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
        let waits = try ["lead", "opportunity", "ticket"].flatMap { kind in try (0..<12).map { try Self.waits("\(kind):\($0)", house) } }
        return answers.map { String(decoding: $0, as: UTF8.self) } + waits
    }

    /// What a journey waits for; the position of what snoozes it depends on the arrival.
    private static func waits(_ subject: String, _ house: House) throws -> String {
        guard let text = try house.views.journey(of: subject, at: Timestamp("2026-12-01T00:00:00Z")) else { return "unknown" }
        let waits = try JSONValue(text.span)["openWaits"]?.elements ?? []
        return waits.map { wait in
            let snoozed = (wait["snoozed"]?.members ?? []).filter { $0.name != "position" }
            let others = (wait.members ?? []).filter { $0.name != "snoozed" }
            return String(decoding: JSONValue.object(others + snoozed).canonicalText, as: UTF8.self)
        }.joined()
    }
}
