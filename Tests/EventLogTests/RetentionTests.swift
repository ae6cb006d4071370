import EventLog
import FoundationEssentials
import JourneyModel
import TestSupport
import Testing

/// What retention takes away is gone, whole, and everything else is as it was.
@Suite struct RetentionTests {
    private let scratch: Scratch
    private let reader: EventReader

    init() throws {
        scratch = try Scratch()
        reader = EventReader(catalogue: try .shipped())
    }

    private var root: URL { scratch.url.appending(path: "data/log") }

    private func open() throws -> EventLog {
        var options = EventLog.Options.small
        options.identityTail = 16
        return try EventLog(directory: DataDirectory(path: scratch.path + "/data"), options: options)
    }

    /// Five sealed epochs of ten events each, and three events in the live one.
    private func makeLog() async throws -> EventLog {
        let log = try open()
        for epoch in 0..<5 {
            for number in 0..<10 { _ = try await log.appendAndWait(reader.batch([eventJSON("\(epoch)-\(number)")])).get() }
            try log.endEpochAndWait()
        }
        _ = try await log.appendAndWait(reader.batch((0..<3).map { eventJSON("live-\($0)") })).get()
        while log.sealedEpochs < 5 { await Task.yield() }
        return log
    }

    private func expectRest(_ log: EventLog, from first: Position) async throws {
        #expect(log.first == first && log.tail == 53 && log.damages.isEmpty)
        #expect(try log.allEvents().map(\.position) == Array(first...53))
        #expect(try log.event(at: first - 1) == nil)
        let verification = log.verify { _ in true }
        #expect(verification.isSound && verification.events == Int(54 - first), "\(verification.damages)")
        #expect(try await log.appendAndWait(reader.batch([eventJSON("4-9")])).get().duplicates == 1)
    }

    @Test func theOldestEpochsGoBySizeAndTheRestStaysAsItWas() async throws {
        let log = try await makeLog()
        #expect(log.retentionPlan(before: nil, keeping: nil) == nil)
        #expect(log.retentionPlan(before: nil, keeping: .max) == nil)
        let all = try #require(log.retentionPlan(before: nil, keeping: 0))
        #expect(all.epochs == 5 && all.positions == 1...50 && all.events == 50)
        let before = try log.allEvents().suffix(33).map { "\($0)" }
        let size = log.bytes
        let plan = try #require(log.retentionPlan(before: nil, keeping: all.bytes * 4 / 5))
        #expect(plan.epochs == 2 && plan.positions == 1...20 && plan.token != all.token)
        try log.retain(plan)
        try await expectRest(log, from: 21)
        #expect(try log.allEvents().map { "\($0)" } == before)
        #expect(log.bytes <= size - plan.bytes)
        // A plan is carried out once.
        #expect(throws: LogError.self) { try log.retain(plan) }
        #expect(throws: LogError.self) { try log.retain(all) }
        log.close()
        let again = try open()
        try await expectRest(again, from: 21)
        let names = try FileManager.default.contentsOfDirectory(atPath: root.path).sorted()
        #expect(!names.contains { $0.hasPrefix("00000001") || $0.hasPrefix("00000002") }, "\(names)")
        // What is gone is unknown: its ids are free again.
        #expect(try await again.appendAndWait(reader.batch([eventJSON("0-0")])).get().appended == 1)
        again.close()
    }

    @Test func byAgeOnlyWhatIsOlderInFull() async throws {
        let log = try await makeLog()
        let moment = try #require(try log.event(at: 25)).recordedAt
        let plan = try #require(log.retentionPlan(before: moment, keeping: nil))
        #expect(plan.positions == 1...20 && plan.recordedAt < moment)
        let first = try #require(try log.event(at: 1)).recordedAt
        #expect(log.retentionPlan(before: first, keeping: nil) == nil)
        log.close()
    }

    /// A crash behind the note leaves epochs that the next start takes away.
    @Test func anInterruptedRetentionIsCompletedAtTheNextStart() async throws {
        let saved = scratch.url.appending(path: "saved")
        let log = try await makeLog()
        let plan = try #require(log.retentionPlan(before: nil, keeping: log.bytes / 2))
        try FileManager.default.copyItem(at: root, to: saved)
        try log.retain(plan)
        let first = log.first
        log.close()
        for name in ["00000001", "00000001.seal", "00000002.seal"] {
            try FileManager.default.copyItem(at: saved.appending(path: name), to: root.appending(path: name))
        }
        let again = try open()
        try await expectRest(again, from: first)
        again.close()
        #expect(!FileManager.default.fileExists(atPath: root.appending(path: "00000001").path))
    }

    /// Without a note of retention the first epoch must be there, its seal too.
    @Test func aFirstEpochThatVanishedWithItsSealIsNamed() async throws {
        try await makeLog().close()
        for name in ["00000001", "00000001.seal"] { try FileManager.default.removeItem(at: root.appending(path: name)) }
        let log = try open()
        #expect(log.damages.count == 1 && log.damages[0].contains("00000001 is missing"), "\(log.damages)")
        #expect(try log.event(at: 11)?.position == 11)
        #expect(throws: LogError.self) { try log.event(at: 3) }
        log.close()
    }
}
