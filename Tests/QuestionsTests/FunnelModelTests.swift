import JourneyModel
import TestSupport
import Testing

/// The engine against the slow and obvious model, through questions, whatever the order of arrival; one after the other, as each holds a log.
@Suite(.serialized) struct FunnelModelTests {
    @Test(arguments: 1...Seeds.count(100))
    func theEngineAnswersAsTheModel(seed: Int) async throws {
        var random = Seeded(seed: UInt64(seed))
        let window = [3, 8, 20].randomElement(using: &random) ?? 8
        let at = Int.random(in: 5...60, using: &random)
        let between = [(1, 3), (1, 2), (2, 3)].randomElement(using: &random) ?? (1, 3)
        let model = FunnelModel(steps: 3, window: window, exclusions: [between])
        let whole = FunnelModel(steps: 3, window: window, exclusions: [(1, 3)])
        let hasExclusions = seed % 3 > 0
        let journeys = (0..<60).map { _ in Self.events(&random, hasExclusions: hasExclusions, isTied: seed % 2 == 1) }
        var texts = journeys.enumerated().flatMap { number, events in
            events.enumerated().map { Self.text($1, journey: number, number: $0) }
        }
        // Times differ within a journey unless positions have to decide, and then arrival is in order.
        if seed % 2 == 0 { texts.shuffle(using: &random) }
        if seed % 4 == 0 { texts += texts.prefix(5) }
        let house = try await QuestionHouse.with(texts)
        func found(_ order: String, _ between: String) throws -> [String: (level: Int, isOpen: Bool)] {
            let exclude = hasExclusions ? #","exclude":[{"where":{"data.x":true}\#(between)}]"# : ""
            let funnel =
                #"{"steps":[\#(Self.step(1)),\#(Self.step(2)),\#(Self.step(3))],"window":\#(window),"order":"\#(order)"\#(exclude)}"#
            let frame = #","list":"all","at":"\#(Timestamp(microseconds: Self.start + Int64(at) * 1_000_000).text)""#
            let listed = try #require(try house.ask(#"{"funnel":\#(funnel)\#(frame)}"#)["journeys"]?.elements)
            return Dictionary(
                uniqueKeysWithValues: listed.map {
                    ($0["journey"]?.text ?? "", ($0["level"]?.integer ?? -1, $0["undecided"] == .bool(true)))
                })
        }
        let levels = try found("ordered", #","between":[\#(between.0),\#(between.1)]"#)
        let strict = try found("strict", "")
        let any = try found("any", "")
        for (number, events) in journeys.enumerated() where !events.isEmpty {
            let name = "lead:\(number)"
            #expect(levels[name]?.level == model.ordered(events).count, "seed \(seed), \(name)")
            #expect(levels[name]?.isOpen == model.isOpen(events, at: at), "seed \(seed), \(name)")
            #expect(strict[name]?.level == model.strict(events).count, "seed \(seed), \(name), strict")
            #expect(any[name]?.level == whole.anyOrder(events), "seed \(seed), \(name), any")
        }
    }

    @Test(arguments: 1...Seeds.count(60))
    func theChainIsTheModels(seed: Int) async throws {
        var random = Seeded(seed: UInt64(seed))
        let model = FunnelModel(steps: 3, window: 12, exclusions: [(2, 3)])
        let events = Self.events(&random, hasExclusions: seed % 2 == 0, isTied: true)
        guard !events.isEmpty else { return }
        let house = try await QuestionHouse.with(events.enumerated().map { Self.text($1, journey: 0, number: $0) })
        let exclude = #""exclude":[{"where":{"data.x":true},"between":[2,3]}]"#
        for (order, chain) in [("ordered", model.ordered(events)), ("strict", model.strict(events))] {
            let funnel = #"{"steps":[\#(Self.step(1)),\#(Self.step(2)),\#(Self.step(3))],"window":12,"order":"\#(order)",\#(exclude)}"#
            let answer = try house.ask(#"{"funnel":\#(funnel),"list":"journeys"}"#)
            let positions = answer["journeys"]?.elements?.first?["positions"]?.elements?.compactMap(\.integer) ?? []
            #expect(positions == chain.map { $0 + 1 }, "seed \(seed), \(order)")
            let steps = try #require(answer["steps"]?.elements)
            for (step, (one, next)) in zip(steps, steps.dropFirst()).enumerated() {
                let parts = [next["count"], one["undecided"], one["dropped"]].map { $0?.integer ?? -1 }
                #expect(one["count"]?.integer == parts.reduce(0, +), "seed \(seed), step \(step)")
                guard chain.count > step + 1 else { continue }
                let time = events[chain[step + 1]].time - events[chain[step]].time
                #expect(next["timeFromPrevious"]?["median"]?.integer == time, "seed \(seed), step \(step)")
            }
        }
    }

    private static let start: Int64 = 1_767_225_600_000_000

    private static func step(_ number: Int) -> String { #"{"where":{"data.s\#(number)":true}}"# }

    private static func text(_ event: FunnelModel.Event, journey: Int, number: Int) -> String {
        var members = event.steps.sorted().map { #""s\#($0)":true"# }
        if !event.exclusions.isEmpty { members.append(#""x":true"#) }
        let time = Timestamp(microseconds: start + Int64(event.time) * 1_000_000).text
        return eventJSON("\(journey)-\(number)", subject: "lead:\(journey)", time: time, data: "{\(members.joined(separator: ","))}")
    }

    /// Up to eleven events in the order of time, some of which match several steps, or none.
    private static func events(_ random: inout Seeded, hasExclusions: Bool, isTied: Bool) -> [FunnelModel.Event] {
        var time = 0
        return (0..<Int.random(in: 0...11, using: &random)).map { _ in
            time += [isTied ? 0 : 1, 1, 1, 2, 5].randomElement(using: &random) ?? 1
            let steps = (1...3).filter { _ in Int.random(in: 0..<5, using: &random) < 2 }
            let isExcluded = hasExclusions && Int.random(in: 0..<5, using: &random) == 0
            return FunnelModel.Event(time: time, steps: Set(steps), exclusions: isExcluded ? [0] : [])
        }
    }
}
