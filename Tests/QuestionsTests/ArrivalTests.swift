import JourneyModel
import TestSupport
import Testing

/// One after the other: each holds logs of its own in memory. An answer does not depend on the order of arrival, on batches, on events that come late or twice, or on a restart in between.
@Suite(.serialized) struct ArrivalTests {
    @Test(arguments: 1...Seeds.count(5))
    func liveIsReplayedIsShuffled(seed: Int) async throws {
        var random = Seeded(seed: UInt64(seed))
        let texts = Self.events(&random)
        let expected = try Self.answers(try await QuestionHouse.with(texts))
        for round in 1...3 {
            var late = texts + (0..<texts.count / 3).compactMap { _ in texts.randomElement(using: &random) }
            late.shuffle(using: &random)
            let house = try QuestionHouse()
            while !late.isEmpty {
                let count = min(late.count, Int.random(in: 1...200, using: &random))
                try await house.append(Array(late.prefix(count)))
                late.removeFirst(count)
                // Asked in between, so that what is kept has to follow.
                _ = try Self.answers(house)
            }
            #expect(try Self.answers(house) == expected, "seed \(seed), round \(round)")
            #expect(try Self.answers(house.reopened()) == expected, "seed \(seed), round \(round), after a restart")
        }
    }

    private static func answers(_ house: QuestionHouse) throws -> [String] {
        let last = #"{"where":{"data.n":{"gte":5}}}"#
        let steps = #""steps":[{"type":"test.a.done"},{"type":["test.b.done","test.c.done"]},\#(last)],"window":"P20D""#
        let exclude = #""exclude":[{"where":{"data.region":"west"},"between":[2,3]}]"#
        let funnels = [
            #"{\#(steps),\#(exclude),"breakdown":{"field":"data.region"},"trend":"month","histogram":5}"#,
            #"{\#(steps),"order":"any","breakdown":{"field":"data.region","attribution":"last"}}"#,
            #"{\#(steps),"order":"strict","breakdown":{"field":"data.region","attribution":"all"}}"#,
            #"{\#(steps),\#(exclude),"count":"attempts","trend":"week"}"#, #"{\#(steps),"count":"opportunity"}"#,
            #"{\#(steps),"enteredBetween":["2026-01-10","2026-02-10"],"breakdown":{"field":"data.n","attribution":"step:2"}}"#,
            #"{\#(steps),"semantics":"clickhouse/26.9","modes":["strict_once","strict_increase"]}"#,
            #"{\#(steps),\#(exclude),"semantics":"posthog"}"#, #"{\#(steps),"semantics":"posthog","order":"unordered"}"#,
        ]
        return try funnels.flatMap { funnel in
            let answer = try house.ask(#"{"funnel":\#(funnel),"at":"2026-03-01","list":"all"}"#)
            let journeys = (answer["journeys"]?.elements ?? []).map { "\($0["journey"]?.text ?? "") \($0["level"]?.integer ?? -1)" }
            // Positions are what differs.
            let numbers = ["steps", "groups", "trend"].compactMap { answer[$0] }.map { String(decoding: $0.canonicalText, as: UTF8.self) }
            return numbers + journeys.sorted()
        }
    }

    /// Journeys with links, voids and corrections; no two events at one moment.
    private static func events(_ random: inout Seeded) -> [String] {
        var time: Int64 = 1_767_225_600_000_000
        return (0..<250).map { number in
            time += Int64.random(in: 1...30_000, using: &random) * 1_000_000
            let journey = Int.random(in: 0..<14, using: &random)
            let subject = "\(["lead", "opportunity"][number % 2]):\(journey)"
            let account = number % 5 == 0 ? "account:\(journey / 2)" : nil
            let region = ["north", "south", "west"].randomElement(using: &random) ?? "north"
            let data = #"{"n":\#(Int.random(in: 0..<9, using: &random)),"region":"\#(region)"}"#
            let target = #""target":{"source":"/test","id":"\#(Int.random(in: 0..<250, using: &random))"},"reason":"r""#
            let (type, body): (String, String) =
                switch Int.random(in: 0..<20, using: &random) {
                case 0: ("ops.identity.linked", #"{"a":"\#(subject)","b":"lead:\#(number % 14)"}"#)
                case 1: ("ops.identity.unlinked", #"{"a":"\#(subject)","b":"account:\#(journey / 2)"}"#)
                case 2: ("ops.event.voided", "{\(target)}")
                case 3: ("ops.event.corrected", #"{\#(target),"data":\#(data)}"#)
                default: ("test.\(["a", "b", "c"].randomElement(using: &random) ?? "a").done", data)
                }
            return eventJSON(
                "\(number)", type: type, subject: subject, account: account, time: Timestamp(microseconds: time).text, data: body)
        }
    }
}
