import EventLog
import JourneyModel
import Questions
import TestSupport
import Testing
import Timelines
import Views

/// Views that are built anew under another stage map, held up in the middle, and asked meanwhile.
@Suite(.serialized) struct RebuildTests {
    private let scratch: Scratch
    private let reader: EventReader

    init() throws {
        scratch = try Scratch()
        reader = EventReader(catalogue: try .shipped())
    }

    private static func lead(_ number: Int) -> String {
        eventJSON("lead-\(number)", type: "marketing.lead.qualified", subject: "lead:\(number)", data: #"{"lead_id":"\#(number)"}"#)
    }

    private static let map = #"""
        {"stages":[{"name":"first","department":"sales","side":"prospect","window":"P10D"},
                   {"name":"second","department":"success","side":"customer","window":"P10D"}],
         "effects":[{"type":"marketing.lead.qualified","enters":"first"}]}
        """#

    private func append(_ house: House, _ texts: [String]) async throws {
        for start in stride(from: 0, to: texts.count, by: 1_000) {
            _ = try await house.log.appendAndWait(reader.batch(Array(texts[start..<min(start + 1_000, texts.count)]))).get()
        }
    }

    /// The first stage that somebody entered, and how many did, under which map.
    private static func funnel(_ house: House) throws -> (stage: String?, entered: Int?, definition: String?) {
        let text = try house.views.funnel(ViewQuery())
        let answer = try JSONValue(text.span)
        let stage = answer["stages"]?.elements?.first { $0["entered"]?.integer != 0 }
        return (stage?["stage"]?.text, stage?["entered"]?.integer, answer["definition"]?.text)
    }

    @Test(.timeLimit(.minutes(10))) func theOldViewsAnswerAndGoOnWhileTheNewOnesAreHeldUp() async throws {
        let house = try await House.open(scratch, retryPause: .milliseconds(20))
        defer { house.close() }
        let count = Timelines.maximumParked + 100
        let texts = (1...count).map(Self.lead)
        try await append(house, texts)
        try house.log.endEpochAndWait()
        while house.log.sealedEpochs < 1 { await Task.yield() }
        await house.caughtUp()
        let old = try Self.funnel(house)
        #expect(old.stage == "mql" && old.entered == count)
        // More than a replay passes over: the new views stand still, the old ones have seen it all.
        let damaged = try texts[50...(50 + Timelines.maximumParked)].map { text in
            let event = try JSONValue(text: text)
            return try DamagedRecord(
                scratch.path + "/data", id: #require(event["id"]?.text), subject: #require(event["subject"]?.text))
        }
        for record in damaged { try record.flip() }
        let set = eventJSON(
            "map", type: "ops.definition.set", subject: "definition:m", data: #"{"name":"m","kind":"stages","definition":\#(Self.map)}"#)
        try await append(house, [set])
        while house.views.status("funnel").reason == nil { await Task.yield() }
        for number in (count + 1)...(count + 20) {
            try await append(house, [Self.lead(number)])
            await withCheckedContinuation { continuation in
                house.views.whenSeen(house.log.tail) { continuation.resume() }
            }
            let told = try Self.funnel(house)
            #expect(told.stage == "mql" && told.entered == number && told.definition == old.definition, "the old views go on")
            let status = house.views.status("friction")
            #expect(status.state == .rebuilding && status.progress < 1 && status.parkedCount == 0, "\(status)")
            #expect(status.definition == old.definition && house.views.isOutdated)
        }
        for record in damaged { try record.flip() }
        await house.caughtUp()
        while !house.views.parked.isEmpty || house.views.status("funnel").state != .live { await Task.yield() }
        let new = try Self.funnel(house)
        #expect(new.stage == "first" && new.entered == count + 20 && new.definition != old.definition)
    }
}
