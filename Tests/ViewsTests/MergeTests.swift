import EventLog
import JourneyModel
import TestSupport
import Testing
import Views

/// Journeys that turn out to be one move their counts; taken back, every view is as before, to the byte.
@Suite(.serialized) struct MergeTests {
    private static let kept = #"""
        {"funnel":{"steps":[{"type":["marketing.lead.created","custom.thing.happened"]},{"type":"sales.opportunity.won"}],"window":"P30D",
        "breakdown":{"field":"data.region"}}}
        """#

    private let reader: EventReader

    init() throws {
        reader = EventReader(catalogue: try .shipped())
    }

    /// A company with its journeys, and a kept view.
    private static func company(_ scratch: Scratch, _ random: inout Seeded) async throws -> House {
        try await House.open(scratch, batches: [RandomCompany.events(&random)], restartAfter: nil) { (house, _) in
            _ = try house.kept.put("kept", Array(kept.utf8))
        }
    }

    @Test func whatIsMergedAndTakenBackIsAsBefore() async throws {
        var moved = 0
        for seed in 1...Seeds.count(100) {
            var random = Seeded(seed: UInt64(seed))
            let scratch = try Scratch()
            let house = try await Self.company(scratch, &random)
            defer { house.close() }
            let before = try await Self.answers(house)
            // Pairs that nothing else speaks of.
            let pairs = (0..<Int.random(in: 1...6, using: &random)).map { _ in
                ("lead:\(Int.random(in: 0..<12, using: &random))", "ticket:\(Int.random(in: 0..<12, using: &random))")
            }
            func identity(_ name: String, _ kind: String, _ pair: (String, String), day: Int) -> String {
                eventJSON(
                    name, type: "ops.identity.\(kind)", subject: "merge:\(seed)", time: "2026-11-\(10 + day)T00:00:00Z",
                    data: #"{"a":"\#(pair.0)","b":"\#(pair.1)"}"#)
            }
            let merges = pairs.enumerated().map { identity("m\($0)", "linked", $1, day: $0) }
            _ = try await house.log.appendAndWait(reader.batch(merges)).get()
            if try await Self.answers(house) != before { moved += 1 }
            // In another order than they came, and one after another.
            for (number, pair) in Array(pairs.enumerated()).shuffled(using: &random) {
                _ = try await house.log.appendAndWait(reader.batch([identity("u\(number)", "unlinked", pair, day: number + 10)])).get()
                if Bool.random(using: &random) { _ = try await Self.answers(house) }
            }
            let after = try await Self.answers(house)
            for (one, other) in zip(before, after) { #expect(one == other, "seed \(seed)") }
        }
        #expect(moved > 0, "some merge moves a count")
    }

    @Test func aMergeThatIsVoidedIsAsBefore() async throws {
        for seed in 1...Seeds.count(30) {
            var random = Seeded(seed: UInt64(seed))
            let scratch = try Scratch()
            let house = try await Self.company(scratch, &random)
            defer { house.close() }
            let before = try await Self.answers(house)
            let losers = (0..<3).map { _ in #""ticket:\#(Int.random(in: 0..<12, using: &random))""# }.joined(separator: ",")
            let data = #"{"winner":"lead:\#(Int.random(in: 0..<12, using: &random))","losers":[\#(losers)]}"#
            let merge = eventJSON("m", type: "ops.record.merged", subject: "merge:1", time: "2026-11-10T00:00:00Z", data: data)
            _ = try await house.log.appendAndWait(reader.batch([merge])).get()
            let target = #"{"target":{"source":"/test","id":"m"},"reason":"not the same"}"#
            let void = eventJSON("v", type: "ops.event.voided", subject: "merge:1", time: "2026-11-11T00:00:00Z", data: target)
            _ = try await house.log.appendAndWait(reader.batch([void])).get()
            let after = try await Self.answers(house)
            for (one, other) in zip(before, after) { #expect(one == other, "seed \(seed)") }
        }
    }

    private static func answers(_ house: House) async throws -> [String] {
        try await house.answers(at: "2026-12-01T00:00:00Z", kept: ["kept"]).map(House.numbers)
    }
}
