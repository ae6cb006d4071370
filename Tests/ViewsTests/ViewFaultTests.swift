import EventLog
import Glibc
import JourneyModel
import Questions
import Synchronization
import TestSupport
import Testing
import Timelines
import Views

/// A view that throws on an event, one that hangs and one that is slow: each is seen, and no other view feels it.
@Suite(.serialized) struct ViewFaultTests {
    private static let funnel = #"{"funnel":{"steps":[{"type":"marketing.lead.created"},{"type":"sales.opportunity.won"}]}}"#

    /// What a view named `ill` does with each event before it looks at it: why it can make nothing of it, nil where it can.
    private final class Illness: Sendable {
        /// What it does at a position.
        struct Symptom: Sendable {
            var poison: Position = 0
            var hangsAt: Position = 0
            var slowBehind = Position.max
        }

        private let symptom = Mutex(Symptom())
        private let gate: Gate

        init(_ gate: Gate) {
            self.gate = gate
        }

        func set(_ change: (inout Symptom) -> Void) {
            symptom.withLock { change(&$0) }
        }

        func meet(_ position: Position) throws(MeaningFault) {
            let symptom = symptom.withLock { $0 }
            if position == symptom.poison { throw MeaningFault("it is poison") }
            if position == symptom.hangsAt { gate.wait(seconds: 600) }
            if position > symptom.slowBehind { gate.wait(seconds: 0.02) }
        }
    }

    private struct IllReader: MeaningReader {
        var matcher: EventMatcher
        let illness: Illness

        var values: SymbolTable {
            get { matcher.values }
            set { matcher.values = newValue }
        }

        mutating func meaning(
            _ record: EventRecord, _ bytes: Span<UInt8>, correction: [UInt8]?, _ log: EventLog
        ) throws(MeaningFault) -> EventMeaning {
            try illness.meet(record.position)
            return matcher.meaning(record, bytes, log)
        }
    }

    private let scratch: Scratch
    private let reader: EventReader
    private let illness: Illness
    private let gate: Gate

    init() throws {
        gate = Gate()
        illness = Illness(gate)
        scratch = try Scratch()
        reader = EventReader(catalogue: try .shipped())
    }

    private func house() async throws -> House {
        var limits = KeptViews.Limits()
        limits.patience.hang = .milliseconds(50)
        limits.patience.lag = .milliseconds(50)
        limits.patience.parked = .milliseconds(20)
        let illness = illness
        return try await House.open(scratch, limits: limits) { name, funnel, log in
            let matcher = EventMatcher(funnel, log)
            guard name == "ill" else { return matcher }
            return IllReader(matcher: matcher, illness: illness)
        }
    }

    private func end(_ house: House) {
        gate.open()
        house.close()
    }

    private func append(_ house: House, _ ids: Range<Int>) async throws {
        let texts = ids.flatMap { id in
            [
                eventJSON("c\(id)", type: "marketing.lead.created", subject: "lead:\(id)", data: #"{"lead_id":"\#(id)","origin":"web"}"#),
                eventJSON(
                    "w\(id)", type: "sales.opportunity.won", subject: "lead:\(id)", time: "2026-01-02T00:00:00Z",
                    data: #"{"opp_id":"\#(id)","money":{"minor":1,"ccy":"EUR"}}"#),
            ]
        }
        _ = try await house.log.appendAndWait(reader.batch(texts)).get()
    }

    private func counts(_ house: House, _ name: String) throws -> [Int?] {
        let answer = try house.kept.answer(name, KeptViews.Query())
        return try JSONValue(answer.span)["steps"]?.elements?.map { $0["count"]?.integer } ?? []
    }

    private func put(_ house: House) throws {
        for name in ["ill", "well"] { _ = try house.kept.put(name, Array(Self.funnel.utf8)) }
    }

    private func status(_ house: House, _ name: String) throws -> ViewStatus {
        try #require(house.kept.statuses.first { $0.name == name })
    }

    /// Waits until the view named `ill` is as `isSo` wants it.
    private func ill(_ house: House, _ isSo: (ViewStatus) -> Bool) async throws -> ViewStatus {
        while true {
            let status = try status(house, "ill")
            if isSo(status) { return status }
            await Task.yield()
        }
    }

    @Test func anEventThatThrowsIsParkedAndTriedAgain() async throws {
        illness.set { $0.poison = 4 }
        let house = try await house()
        defer { house.close() }
        try await append(house, 0..<3)
        try put(house)
        for name in ["ill", "well"] { await house.caughtUp(name) }
        #expect(try counts(house, "ill") == [3, 2])
        #expect(try counts(house, "well") == [3, 3])
        let parked = try status(house, "ill")
        #expect(parked.parked == [ParkedEvent(position: 4, reason: "it is poison")] && parked.state == .live)
        let text = try house.kept.answer("ill", KeptViews.Query())
        let answer = try JSONValue(text.span)
        #expect(answer["partial"]?["parked"]?.integer == 1 && answer["partial"]?["events"]?.elements?.first?["position"]?.integer == 4)
        #expect(try status(house, "well").parkedCount == 0)
        // It goes on behind the poison.
        try await append(house, 3..<4)
        await house.caughtUp("ill")
        #expect(try counts(house, "ill") == [4, 3])
        illness.set { $0.poison = 0 }
        _ = try await ill(house) { $0.parkedCount == 0 }
        while try counts(house, "ill") != [4, 4] { await Task.yield() }
    }

    @Test func aParkedEventIsParkedAfterAStartAsWell() async throws {
        illness.set { $0.poison = 4 }
        var house: House? = try await house()
        try await append(#require(house), 0..<3)
        try put(#require(house))
        await house?.caughtUp("ill")
        house?.close()
        house = nil
        let again = try await self.house()
        defer { again.close() }
        await again.caughtUp("ill")
        #expect(try counts(again, "ill") == [3, 2])
        #expect(try status(again, "ill").parkedCount == 1)
    }

    @Test func aViewThatHangsIsSeenAndOthersGoOn() async throws {
        illness.set { $0.hangsAt = 8 }
        let house = try await house()
        defer { end(house) }
        try await append(house, 0..<3)
        try put(house)
        for name in ["ill", "well"] { await house.caughtUp(name) }
        try await append(house, 3..<6)
        let hanging = try await ill(house) { $0.state == .hanging }
        #expect(hanging.reason?.contains("position 6") == true && hanging.state.isTrouble)
        await house.caughtUp("well")
        await house.caughtUp()
        #expect(try counts(house, "well") == [6, 6])
        // What it had stays what it answers, and says as of when.
        let text = try house.kept.answer("ill", KeptViews.Query())
        let answer = try JSONValue(text.span)
        #expect(answer["position"]?.integer == 6 && answer["state"]?.text == "hanging")
        gate.open()
        await house.caughtUp("ill")
        #expect(try counts(house, "ill") == [6, 6])
        _ = try await ill(house) { $0.state == .live }
    }

    @Test func aViewThatIsSlowLagsAndOthersDoNot() async throws {
        // One event at a time, each when it is asked for: work goes on, and is never done.
        illness.set { $0.slowBehind = 6 }
        let house = try await house()
        defer { end(house) }
        try await append(house, 0..<3)
        try put(house)
        for name in ["ill", "well"] { await house.caughtUp(name) }
        try await append(house, 3..<200)
        await house.caughtUp("well")
        #expect(try counts(house, "well") == [200, 200])
        let slow = try await ill(house) { $0.state == .lagging || $0.state == .hanging }
        #expect(slow.state.isTrouble && slow.position < house.log.tail)
        gate.open()
        await house.caughtUp("ill")
        #expect(try counts(house, "ill") == [200, 200])
    }
}

/// What stays shut until it is opened.
private final class Gate: Sendable {
    private let isOpen = Mutex(false)

    func open() { isOpen.withLock { $0 = true } }

    func wait(seconds: Double) {
        let end = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < end {
            if isOpen.withLock({ $0 }) { return }
            sched_yield()
        }
    }
}
