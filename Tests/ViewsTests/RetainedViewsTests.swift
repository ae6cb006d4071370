import EventLog
import JourneyModel
import TestSupport
import Testing
import Views

/// Views follow a log whose beginning retention took away, as a replay of what is left would.
@Suite struct RetainedViewsTests {
    private let scratch: Scratch
    private let reader: EventReader

    init() throws {
        scratch = try Scratch()
        reader = EventReader(catalogue: try .shipped())
    }

    private func append(_ house: House, _ name: String) async throws {
        let texts = (0..<5).map {
            eventJSON("\(name)-\($0)", type: "marketing.lead.qualified", subject: "lead:\(name)-\($0)", data: #"{"lead_id":"\#($0)"}"#)
        }
        _ = try await house.log.appendAndWait(reader.batch(texts)).get()
    }

    private func funnel(_ house: House) throws -> String {
        var query = ViewQuery()
        query.at = Timestamp("2026-12-01T00:00:00Z")
        return String(decoding: try house.views.funnel(query), as: UTF8.self)
    }

    @Test func whatIsGoneIsSeenAndTheRestIsAsAfterAReplay() async throws {
        let house = try await House.open(scratch)
        for epoch in 0..<3 {
            try await append(house, "\(epoch)")
            try house.log.endEpochAndWait()
        }
        while house.log.sealedEpochs < 3 { await Task.yield() }
        await house.caughtUp()
        #expect(try funnel(house).contains(#""entered":15"#))
        // All of it goes: there is nothing to read that would bring the views to the tail.
        try house.log.retain(#require(house.log.retentionPlan(before: nil, keeping: 0)))
        await house.caughtUp()
        try await append(house, "later")
        await house.caughtUp()
        let live = try funnel(house)
        #expect(live.contains(#""entered":5"#) && !live.contains(#""entered":15"#), "\(live)")
        house.close()
    }

    @Test func aDefinitionThatIsGoneIsInForceNoMore() async throws {
        let house = try await House.open(scratch)
        defer { house.close() }
        let map = #"""
            {"stages":[{"name":"first","department":"sales","side":"prospect","window":"P10D"},
                       {"name":"second","department":"success","side":"customer","window":"P10D"}],
             "effects":[{"type":"marketing.lead.qualified","enters":"first"}]}
            """#
        let set = eventJSON(
            "map", type: "ops.definition.set", subject: "definition:stages",
            data: #"{"name":"m","kind":"stages","definition":\#(map)}"#)
        _ = try await house.log.appendAndWait(reader.batch([set])).get()
        try await append(house, "early")
        await house.caughtUp()
        #expect(try funnel(house).contains(#""stage":"first""#))
        try house.log.endEpochAndWait()
        while house.log.sealedEpochs < 1 { await Task.yield() }
        try house.log.retain(#require(house.log.retentionPlan(before: nil, keeping: 0)))
        try await append(house, "later")
        await house.caughtUp()
        let left = try funnel(house)
        #expect(left.contains(#""stage":"mql""#) && left.contains(#""entered":5"#) && !left.contains(#""stage":"first""#), "\(left)")
    }

    @Test func keptViewsFollowWhatRetentionTakesAway() async throws {
        let house = try await House.open(scratch)
        defer { house.close() }
        let question = #"{"funnel":{"steps":[{"type":"marketing.lead.qualified"}],"breakdown":{"field":"data.lead_id"}}}"#
        _ = try house.kept.put("kept", Array(question.utf8))
        func count() async throws -> Int? {
            await house.caughtUp()
            await house.caughtUp("kept")
            let answer = try house.kept.answer("kept", KeptViews.Query())
            return try JSONValue(answer.span)["steps"]?.elements?.first?["count"]?.integer
        }
        for epoch in 0..<3 {
            try await append(house, "\(epoch)")
            #expect(try await count() == 5 * (epoch + 1))
            try house.log.endEpochAndWait()
        }
        while house.log.sealedEpochs < 3 { await Task.yield() }
        try house.log.retain(#require(house.log.retentionPlan(before: nil, keeping: 0)))
        try await append(house, "later")
        // It begins anew, and shows what it had until then.
        var last = try await count()
        while last != 5 {
            #expect(last == 15 || last == 20, "\(last ?? -1)")
            last = try await count()
        }
    }

    @Test func aStartWithoutACheckpointBeginsWhereTheLogDoes() async throws {
        var house: House? = try await House.open(scratch)
        try await append(#require(house), "old")
        try house?.log.endEpochAndWait()
        while house?.log.sealedEpochs == 0 { await Task.yield() }
        if let log = house?.log { try log.retain(#require(log.retentionPlan(before: nil, keeping: 0))) }
        house?.close()
        house = nil
        let again = try await House.open(scratch)
        await again.caughtUp()
        #expect(again.views.position == 5)
        try await append(again, "new")
        await again.caughtUp()
        #expect(try funnel(again).contains(#""entered":5"#))
        again.close()
    }
}
