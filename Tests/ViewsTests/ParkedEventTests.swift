import EventLog
import Glibc
import JourneyModel
import Questions
import TestSupport
import Testing
import Timelines
import Views

/// Events that cannot be read are parked: the built-in views go on without them, say so, and fold them in when they can be read.
@Suite(.serialized) struct ParkedEventTests {
    private let scratch: Scratch
    private let reader: EventReader

    init() throws {
        scratch = try Scratch()
        reader = EventReader(catalogue: try .shipped())
    }

    /// Stores events in an epoch that is then sealed, so that each has its place on the disk.
    private func store(_ texts: [String], _ scratch: Scratch) async throws {
        let log = try EventLog(directory: DataDirectory(path: scratch.path + "/data"), options: .small)
        defer { log.close() }
        for start in stride(from: 0, to: texts.count, by: 1_000) {
            _ = try await log.appendAndWait(reader.batch(Array(texts[start..<min(start + 1_000, texts.count)]))).get()
        }
        try log.endEpochAndWait()
        while log.sealedEpochs < 1 { await Task.yield() }
    }

    private func record(_ text: String) throws -> DamagedRecord {
        let event = try JSONValue(text: text)
        return try DamagedRecord(
            scratch.path + "/data", id: #require(event["id"]?.text), subject: #require(event["subject"]?.text))
    }

    private static let kept =
        #"{"funnel":{"steps":[{"type":"marketing.lead.created"},{"type":"sales.opportunity.won"}],"breakdown":{"field":"data.region"}}}"#

    /// - Parameters:
    ///   - damaged: what is damaged when the log is open, and before the views read it.
    ///   - stored: an event that the log has: that it is sent again is answered when the log knows what it has.
    private func open(
        _ scratch: Scratch, retryPause: Duration = .seconds(30), damaging damaged: [DamagedRecord] = [], sending stored: String? = nil
    ) async throws -> House {
        var limits = KeptViews.Limits()
        limits.patience.parked = .milliseconds(20)
        return try await House.open(
            scratch, limits: limits, retryPause: retryPause,
            prepare: { log in
                if let stored { _ = try await log.appendAndWait(reader.batch([stored])).get() }
                for record in damaged { try record.flip() }
            })
    }

    /// Every number, without the positions at which they are told.
    private static func numbers(_ house: House, kept: Bool = false) async throws -> [String] {
        try await house.answers(at: "2026-12-01T00:00:00Z", by: "data.lead_id", kept: kept ? ["kept"] : []).map(House.numbers)
    }

    private static func partial(_ answer: [UInt8]) throws -> [Int?] {
        let partial = try JSONValue(answer.span)["partial"]
        return [partial?["parked"]?.integer] + (partial?["events"]?.elements ?? []).map { $0["position"]?.integer }
    }

    private static func lead(_ number: Int) -> String {
        eventJSON("lead-\(number)", type: "marketing.lead.qualified", subject: "lead:\(number)", data: #"{"lead_id":"\#(number)"}"#)
    }

    @Test func anEventThatCannotBeReadIsParkedAndTold() async throws {
        let texts = (1...5).map(Self.lead)
        try await store(texts, scratch)
        let damaged = try record(texts[2])
        let house = try await open(scratch, retryPause: .milliseconds(10), damaging: [damaged], sending: texts[0])
        defer { house.close() }
        await house.caughtUp()
        while house.views.status("funnel").state != .live { await Task.yield() }
        let status = house.views.status("funnel")
        #expect(status.position == 5 && status.parkedCount == 1, "\(status)")
        #expect(status.parked.first?.position == 3 && status.parked.first?.reason.contains("checksum") == true)
        #expect(try Self.partial(house.views.funnel(ViewQuery())) == [1, 3])
        #expect(try Self.partial(house.views.friction(ViewQuery())) == [1, 3])
        let journey = try #require(try house.views.journey(of: "lead:1", at: nil))
        #expect(try Self.partial(journey) == [1, 3])
        #expect(try house.views.journey(of: "lead:3", at: nil) == nil)
        // It goes on behind it, and folds it in when it can.
        _ = try await house.log.appendAndWait(reader.batch([Self.lead(6)])).get()
        await house.caughtUp()
        #expect(try String(decoding: house.views.funnel(ViewQuery()), as: UTF8.self).contains(#""entered":5"#))
        try damaged.flip()
        while !house.views.parked.isEmpty { await Task.yield() }
        #expect(try Self.partial(house.views.funnel(ViewQuery())) == [nil])
        #expect(try String(decoding: house.views.funnel(ViewQuery()), as: UTF8.self).contains(#""entered":6"#))
        #expect(try house.views.journey(of: "lead:3", at: nil) != nil)
    }

    /// Whatever an event means to others: without it the views are as if it had never come, and with it as if it had come in its turn.
    @Test(.timeLimit(.minutes(10)), arguments: 1...Seeds.count(30)) func parkedIsAbsentAndMendedIsWhole(seed: Int) async throws {
        var random = Seeded(seed: UInt64(seed))
        // Every subject that is named has an event of its own: whether one without is a journey depends on how it came to be named.
        let named = ["lead", "opportunity", "ticket", "account"].flatMap { kind in (0..<12).map { "\(kind):\($0)" } }
        let first = named.enumerated().map {
            eventJSON("s\($0)", type: "custom.thing.happened", subject: $1, time: "2025-12-31T00:00:\($0 + 10)Z")
        }
        let texts = RandomCompany.events(&random)
        let chosen = Set((0..<Int.random(in: 1...6, using: &random)).map { _ in Int.random(in: texts.indices, using: &random) })
        let (without, whole) = (try Scratch(), try Scratch())
        try await store(first + texts.indices.filter { !chosen.contains($0) }.map { texts[$0] }, without)
        try await store(first + texts, whole)
        try await store(first + texts, scratch)
        let damaged = try chosen.map { try record(texts[$0]) }
        let isRestarted = Bool.random(using: &random)
        var house: House? = try await open(
            scratch, retryPause: isRestarted ? .seconds(30) : .milliseconds(50), damaging: damaged, sending: first[0])
        _ = try house?.kept.put("kept", Array(Self.kept.utf8))
        let partial = try await Self.numbers(#require(house), kept: true)
        #expect(house?.views.parked.map { Int($0.position) - first.count - 1 } == chosen.sorted(), "seed \(seed)")
        try await Self.compare(partial, without, "seed \(seed), without \(chosen)")
        if isRestarted {
            house?.close()
            house = nil
            house = try await open(scratch)
            let again = try await Self.numbers(#require(house), kept: true)
            #expect(again == partial && house?.views.parked.count == chosen.count, "seed \(seed): a restart forgets nothing")
            house?.close()
            house = nil
        }
        for record in damaged { try record.flip() }
        if isRestarted { house = try await open(scratch) }
        let mended = try #require(house)
        defer { mended.close() }
        while !mended.views.parked.isEmpty || mended.kept.statuses.contains(where: { $0.parkedCount > 0 }) { await Task.yield() }
        // What is late comes to the kept view when it has looked at it again.
        let expected = try await Self.fresh(whole)
        while try await Self.numbers(mended, kept: true)[3] != expected[3] { await Task.yield() }
        try await Self.compare(Self.numbers(mended, kept: true), whole, "seed \(seed), mended \(chosen)")
    }

    private static func fresh(_ scratch: Scratch) async throws -> [String] {
        let house = try await House.open(scratch)
        defer { house.close() }
        _ = try house.kept.put("kept", Array(kept.utf8))
        return try await numbers(house, kept: true)
    }

    private static func compare(_ found: [String], _ other: Scratch, _ note: String) async throws {
        for (one, two) in zip(found, try await fresh(other)) { #expect(one == two, "\(note)") }
    }

    @Test func moreThanSomeEventsStopTheViews() async throws {
        let texts = (1...1_100).map(Self.lead)
        try await store(texts, scratch)
        let damaged = try texts[50..<(51 + Timelines.maximumParked)].map { try record($0) }
        for record in damaged { try record.flip() }
        let house = try await open(scratch, retryPause: .milliseconds(10))
        defer { house.close() }
        while house.views.status("funnel").state != .stopped { await Task.yield() }
        let status = house.views.status("funnel")
        #expect(status.position == 1_050 && status.parkedCount == Timelines.maximumParked, "\(status.position)")
        #expect(status.reason?.contains("position 1051") == true, "\(status.reason ?? "")")
        // One fewer is few enough.
        try damaged[10].flip()
        await house.caughtUp()
        #expect(house.views.parked.count == Timelines.maximumParked)
    }

    @Test func anEpochThatCannotBeReadStopsTheViews() async throws {
        try await store((1...5).map(Self.lead), scratch)
        #expect(unsafe truncate(scratch.path + "/data/log/00000001/data.mdb", 4096) == 0)
        let house = try await open(scratch)
        defer { house.close() }
        while house.views.status("funnel").state != .stopped { await Task.yield() }
        #expect(house.views.parked.isEmpty && house.views.status("friction").reason?.contains("restore") == true)
    }
}
