import EventLog
import JourneyModel
import Questions
import TestSupport
import Testing
import Timelines
import Views

/// A kept funnel, kept up to date journey by journey, says what the question says that is asked of all columns at once; whenever it was put, however
/// events arrived, and however its journeys are spread over shards.
@Suite(.serialized) struct KeptFunnelTests {
    private static let moments = ["2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z", "2026-12-01T00:00:00Z"]

    /// Funnels of all kinds, by name.
    private static let definitions: [(name: String, text: String)] = [
        ("plain", frame("")),
        ("strict", frame(#""order":"strict""#)),
        ("any", frame(#""order":"any","window":"P20D""#)),
        ("attempts", frame(#""count":"attempts","window":"P10D""#)),
        ("leads", frame(#""count":"lead","breakdown":{"field":"data.region","attribution":"last"}"#)),
        ("excluding", frame(#""exclude":[{"type":"sales.opportunity.lost","between":[1,3]}],"trend":"week""#)),
        ("clickhouse", frame(#""semantics":"clickhouse/26.9","modes":["strict_increase"],"breakdown":{"field":"source"}"#)),
        ("posthog", frame(#""semantics":"posthog","order":"unordered","histogram":4"#)),
        ("regions", frame(#""breakdown":{"field":"data.region","attribution":"all"},"window":"P30D""#)),
        ("entered", frame(#""enteredBetween":["2026-01-05T00:00:00Z","2026-02-20T00:00:00Z"],"breakdown":{"field":"data.money.minor"}"#)),
    ]

    private static func frame(_ more: String) -> String {
        let steps = [
            #"{"type":["marketing.lead.created","custom.thing.happened"]}"#,
            #"{"type":"marketing.lead.qualified","where":{"data.lead_id":{"exists":true}}}"#,
            #"{"name":"won","where":{"any":[{"type":"sales.opportunity.won"},{"data.money.minor":{"gte":200}}]}}"#,
        ]
        return #"{"funnel":{"steps":[\#(steps.joined(separator: ","))]\#(more.isEmpty ? "" : "," + more)}}"#
    }

    @Test func aKeptFunnelIsTheQuestionAndDoesNotDependOnTheArrival() async throws {
        for seed in 1...Seeds.count(20) {
            var random = Seeded(seed: UInt64(seed))
            let texts = RandomCompany.events(&random)
            var late = texts
            for _ in 0..<texts.count / 4 { late.append(texts.randomElement(using: &random) ?? texts[0]) }
            late.shuffle(using: &random)
            let inOrder = try await Self.answers(batches: [texts], putAfter: 0, restartAfter: nil, seed)
            var batches: [[String]] = []
            while !late.isEmpty {
                let count = min(late.count, Int.random(in: 1...30, using: &random))
                batches.append(Array(late.prefix(count)))
                late.removeFirst(count)
            }
            let shuffled = try await Self.answers(
                batches: batches, putAfter: Int.random(in: 0...batches.count / 2, using: &random),
                restartAfter: Int.random(in: batches.count / 2..<batches.count, using: &random), seed)
            for (definition, (one, other)) in zip(Self.definitions, zip(inOrder, shuffled)) {
                #expect(one == other, "seed \(seed), \(definition.name)")
            }
        }
    }

    /// Puts all definitions, appends the batches, and asks every view at several moments; each answer is compared with the question's.
    private static func answers(batches: [[String]], putAfter: Int, restartAfter: Int?, _ seed: Int) async throws -> [[String]] {
        let scratch = try Scratch()
        let house = try await House.open(scratch, batches: batches, restartAfter: restartAfter) { (house, number) in
            if number == putAfter { for (name, text) in definitions { _ = try house.kept.put(name, Array(text.utf8)) } }
        }
        defer { house.close() }
        await house.caughtUp()
        var all: [[String]] = []
        for (name, text) in definitions {
            await house.caughtUp(name)
            var answers: [String] = []
            for moment in moments {
                var query = KeptViews.Query()
                query.at = Timestamp(moment)
                let kept = try numbers(house.kept.answer(name, query))
                let question = try Question(Array((text.dropLast() + #","at":"\#(moment)"}"#).utf8).span)
                let asked = try numbers(house.engine.answer(question))
                #expect(kept == asked, "seed \(seed), \(name) at \(moment)")
                answers.append(kept)
            }
            all.append(answers)
        }
        return all
    }

    private static func numbers(_ answer: [UInt8]) throws -> String {
        let value = try JSONValue(answer.span)
        let members = ["semantics", "steps", "groups", "trend"].compactMap { name in
            value[name].map { JSONValue.Member(name: name, value: $0) }
        }
        return String(decoding: JSONValue.object(members).canonicalText, as: UTF8.self)
    }

    /// More fields than one walk over an event reads: worked out when it is asked, and no less right; so it stays over a start.
    @Test func aFunnelOfManyFieldsIsAnsweredAsWell() async throws {
        let scratch = try Scratch()
        let conditions = (0..<70).map { #"{"data.f\#($0)":{"exists":false}}"# }
        let steps = [conditions[..<35], conditions[35...]].map { part in
            #"{"type":"marketing.lead.qualified","where":{"any":[\#(part.joined(separator: ","))]}}"#
        }
        let text = #"{"funnel":{"steps":[\#(steps.joined(separator: ","))]}}"#
        var house: House? = try await House.open(scratch)
        let event = eventJSON("1", type: "marketing.lead.qualified", data: #"{"lead_id":"1"}"#)
        _ = try await house?.log.appendAndWait(EventReader(catalogue: try .shipped()).batch([event])).get()
        #expect(try house?.kept.put("wide", Array(text.utf8)).status.upkeep == .asked)
        house?.close()
        house = nil
        let again = try await House.open(scratch)
        defer { again.close() }
        let answer = try again.kept.answer("wide", KeptViews.Query())
        #expect(try JSONValue(answer.span)["steps"]?.elements?.first?["count"]?.integer == 1)
    }

    @Test func shardsMergedAreTheWhole() async throws {
        for seed in 1...Seeds.count(20) {
            var random = Seeded(seed: UInt64(seed))
            let scratch = try Scratch()
            let house = try await House.open(scratch)
            defer { house.close() }
            _ = try await house.log.appendAndWait(EventReader(catalogue: try .shipped()).batch(RandomCompany.events(&random))).get()
            var state = JourneyState(map: try .shipped())
            try house.log.read(after: 0) { (record, bytes) in
                state.append(record, bytes, house.log)
                return true
            }
            try state.follow(house.log)
            state.settle()
            for (name, text) in Self.definitions {
                let question = try Question(Array(text.utf8).span)
                guard case .funnel(let funnel) = question.definition else { continue }
                let shards = Int.random(in: 2...7, using: &random)
                let whole = try Self.merged(state, funnel, house.log, shards: 1)
                let parts = try Self.merged(state, funnel, house.log, shards: shards)
                #expect(whole == parts, "seed \(seed), \(name) in \(shards) shards")
            }
            var summaries: [JourneySummary] = []
            state.eachSummary { summaries.append($1) }
            summaries.shuffle(using: &random)
            let whole = StageCells(summaries, state.timelines.map)
            var merged = StageCells(state.timelines.map)
            for start in stride(from: 0, to: summaries.count, by: 3) {
                var shard = StageCells(state.timelines.map)
                for summary in summaries[start..<min(start + 3, summaries.count)] { shard.add(summary) }
                merged.merge(shard)
            }
            #expect(merged == whole, "seed \(seed)")
            for summary in summaries { merged.remove(summary) }
            #expect(merged == StageCells(state.timelines.map), "seed \(seed): nothing is left")
        }
    }

    private static func merged(_ state: JourneyState, _ funnel: FunnelDefinition, _ log: EventLog, shards: Int) throws -> String {
        var matcher = EventMatcher(funnel, log)
        var meanings: [Position: EventMeaning] = [:]
        try log.read(after: 0) { (record, bytes) in
            meanings[record.position] = matcher.meaning(record, bytes, log)
            return true
        }
        var parts = (0..<shards).map { _ in LiveFunnel(funnel) }
        var fold = FunnelFold(funnel)
        let timelines = state.timelines
        for subject in 0..<UInt32(timelines.subjectCount) where timelines.component(of: subject) == subject {
            var events: [GatheredEvent] = []
            timelines.gather(subject, into: &events)
            let told = events.map { (event: $0, meaning: meanings[$0.position] ?? EventMeaning()) }
            parts[Int(subject) % shards].set(
                subject, fold.contributions(told) { timelines.name($0).hasPrefix("lead:") })
        }
        var whole = parts.removeLast()
        for part in parts { whole.merge(part) }
        var writer = JSONWriter()
        writer.object { whole.write(at: 1_775_000_000_000_000, values: matcher.values, to: &$0) }
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
