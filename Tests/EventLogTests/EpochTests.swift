import EventLog
import FoundationEssentials
import JourneyModel
import TestSupport
import Testing

/// Epochs that roll, seals that vouch for them, and what is said of those that were tampered with.
@Suite struct EpochTests {
    private let scratch: Scratch
    private let reader: EventReader

    init() throws {
        scratch = try Scratch()
        reader = EventReader(catalogue: try .shipped())
    }

    private var root: URL { scratch.url.appending(path: "data/log") }

    private func open(_ change: (inout EventLog.Options) -> Void = { _ in }) throws -> EventLog {
        var options = EventLog.Options.small
        change(&options)
        return try EventLog(directory: DataDirectory(path: scratch.path + "/data"), options: options)
    }

    /// A log of `epochs` sealed epochs with ten events each, and three events in the live one.
    private func makeSealedLog(_ epochs: Int) async throws {
        let log = try open()
        for epoch in 0..<epochs {
            _ = try await log.appendAndWait(reader.batch((0..<10).map { eventJSON("\(epoch)-\($0)") })).get()
            try log.endEpochAndWait()
        }
        _ = try await log.appendAndWait(reader.batch((0..<3).map { eventJSON("live-\($0)") })).get()
        try await sealed(log, epochs)
        log.close()
    }

    /// Waits until the keeper has sealed `count` epochs.
    private func sealed(_ log: EventLog, _ count: Int) async throws {
        while log.sealedEpochs < count { await Task.yield() }
    }

    @Test func epochsRollBySizeWhileServingAndReadAsOneLog() async throws {
        let log = try open { $0.epochBytes = 100_000 }
        let data = #"{"p":"\#(String(repeating: "x", count: 1000))"}"#
        for batch in 0..<60 {
            _ = try await log.appendAndWait(reader.batch((0..<10).map { eventJSON("\(batch)-\($0)", data: data) })).get()
        }
        #expect(log.epochCount > 4)
        try await sealed(log, log.epochCount - 1)
        #expect(try log.allEvents().map(\.position) == Array(1...600))
        // From the middle of one epoch into the next.
        for position in stride(from: Position(1), through: 600, by: 37) { #expect(try log.event(at: position)?.position == position) }
        let verification = log.verify { _ in true }
        #expect(verification.isSound && verification.events == 600)
        log.close()
        let again = try open { $0.epochBytes = 100_000 }
        #expect(again.tail == 600 && again.damages.isEmpty)
        #expect(try await again.appendAndWait(reader.batch([eventJSON("0-0", data: data), eventJSON("new")])).get().duplicates == 1)
        #expect(again.tail == 601)
        again.close()
    }

    /// A digest that is worked out as records come, by whoever stores them, is the one that reading them gives: verifying reads them.
    @Test(arguments: 1...10) func aDigestWorkedOutOnTheWayIsTheOneOfWhatIsStored(seed: Int) async throws {
        var random = Seeded(seed: UInt64(seed))
        var log = try open()
        var (next, ended) = (0, 0)
        while !log.isDigestLive { await Task.yield() }
        for _ in 0..<40 {
            switch Int.random(in: 0..<8, using: &random) {
            case 0:
                let before = log.epochCount
                try log.endEpochAndWait()
                if log.epochCount > before { ended += 1 }
                #expect(log.isDigestLive)
            case 1:
                log.close()
                log = try open()
                while !log.isDigestLive { await Task.yield() }
            case 2:
                // More than the journal takes.
                let data = #"{"p":"\#(String(repeating: "x", count: 60_000))"}"#
                _ = try await log.appendAndWait(reader.batch((0..<5).map { eventJSON("\(next + $0)", data: data) })).get()
                next += 5
            default:
                let count = Int.random(in: 1...20, using: &random)
                _ = try await log.appendAndWait(reader.batch((0..<count).map { eventJSON("\(next + $0)") })).get()
                next += count
            }
        }
        try log.endEpochAndWait()
        try await sealed(log, log.epochCount - 1)
        let verification = log.verify { _ in true }
        #expect(verification.isSound && verification.events == next && log.epochCount > ended, "\(verification.damages)")
        log.close()
    }

    @Test func epochsRollByAge() async throws {
        let log = try open { $0.epochAge = -1 }
        for number in 0..<3 { _ = try await log.appendAndWait(reader.batch([eventJSON("\(number)")])).get() }
        #expect(log.epochCount == 3)
        log.close()
    }

    @Test func anEpochThatEndedUnsealedIsSealedAfterTheRestart() async throws {
        try await makeSealedLog(3)
        let seals = try (1...3).map { try Data(contentsOf: root.appending(path: "0000000\($0).seal")) }
        for number in 2...3 { try FileManager.default.removeItem(at: root.appending(path: "0000000\(number).seal")) }
        let log = try open()
        try await sealed(log, 3)
        // The digest depends on nothing but what is stored.
        for number in 1...3 { #expect(try Data(contentsOf: root.appending(path: "0000000\(number).seal")) == seals[number - 1]) }
        log.close()
    }

    /// A log has epochs without end, and a process descriptors for some.
    @Test func fewEpochsAreOpenAtATimeHoweverManyAreRead() async throws {
        try await makeSealedLog(20)
        let log = try open()
        defer { log.close() }
        for _ in 0..<2 {
            #expect(try log.allEvents().map(\.position) == Array(1...203))
            let held = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap {
                try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")
            }
            let epochs = Set(held.filter { $0.hasPrefix(root.path) && $0.hasSuffix("/data.mdb") })
            // Eight that are sealed, and the live one.
            #expect((1...9).contains(epochs.count))
        }
    }

    /// Something done to a closed log, and what the log must say of it.
    struct Tampering: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let act: @Sendable (URL) throws -> Void
        /// Words of the first damage that is named at start.
        let words: [String]
        /// Positions that cannot be read.
        let lost: ClosedRange<Position>
    }

    static let tamperings = [
        Tampering(
            testDescription: "a sealed epoch is deleted", act: { try FileManager.default.removeItem(at: $0.appending(path: "00000002")) },
            words: ["00000002", "missing", "11 to 20", "backup"], lost: 11...20),
        Tampering(
            testDescription: "two epochs are swapped",
            act: { root in
                let files = FileManager.default
                try files.moveItem(at: root.appending(path: "00000002"), to: root.appending(path: "x"))
                try files.moveItem(at: root.appending(path: "00000003"), to: root.appending(path: "00000002"))
                try files.moveItem(at: root.appending(path: "x"), to: root.appending(path: "00000003"))
            }, words: ["00000002", "swapped", "backup"], lost: 11...30),
        Tampering(
            testDescription: "an epoch's file is cut",
            act: { root in
                let file = root.appending(path: "00000002/data.mdb")
                try Data(contentsOf: file).dropLast(4096).write(to: file)
            }, words: ["00000002", "seal", "bytes", "backup"], lost: 11...20),
        Tampering(
            testDescription: "an epoch's file is deleted",
            act: { try FileManager.default.removeItem(at: $0.appending(path: "00000002/data.mdb")) },
            words: ["00000002", "missing", "backup"], lost: 11...20),
        Tampering(
            testDescription: "a seal is damaged",
            act: { root in
                let file = root.appending(path: "00000002.seal")
                var bytes = try Data(contentsOf: file)
                bytes[bytes.count / 2] ^= 1
                try bytes.write(to: file)
            }, words: ["00000002.seal", "damaged", "backup"], lost: 11...20),
    ]

    @Test(arguments: tamperings) func tamperingIsNamedAtStartAndTheRestStaysReadable(_ tampering: Tampering) async throws {
        try await makeSealedLog(3)
        try tampering.act(root)
        let log = try open()
        let damage = try #require(log.damages.first)
        for word in tampering.words { #expect(damage.contains(word), "\(damage)") }
        for position in Position(1)...33 {
            if tampering.lost.contains(position) {
                #expect(throws: LogError.self) { try log.event(at: position) }
            } else {
                #expect(try log.event(at: position)?.position == position)
            }
        }
        #expect(!log.verify { _ in true }.isSound)
        log.close()
    }

    @Test(arguments: ["00000004", "00000004/data.mdb", "00000004/about"])
    func withoutItsEndTheLogTakesNoEvents(_ path: String) async throws {
        try await makeSealedLog(3)
        try FileManager.default.removeItem(at: root.appending(path: path))
        let log = try open()
        let reason = try #require(log.readOnlyReason)
        #expect(reason.contains("00000004") && reason.contains("backup"), "\(reason)")
        #expect(try log.event(at: 30)?.position == 30)
        // Positions would be given twice.
        await #expect(throws: LogError.self) { _ = try await log.appendAndWait(reader.batch([eventJSON("new")])) }
        log.close()
    }

    @Test func aDirectoryThatLostItsLogIsNotBegunAnew() async throws {
        try await makeSealedLog(1)
        try FileManager.default.removeItem(at: root)
        let error = #expect(throws: LogError.self) { _ = try open() }
        #expect("\(String(describing: error))".contains("backup"))
    }

    @Test func aRecordChangedInASealedEpochIsFoundByTheSealEvenWithAChecksumThatFits() async throws {
        try await makeSealedLog(2)
        // Another log with the same positions and other contents takes the epoch's place, files of the same size and all.
        let other = try Scratch()
        var options = EventLog.Options.small
        options.epochAge = 1 << 30
        let log = try EventLog(directory: DataDirectory(path: other.path + "/data"), options: options)
        _ = try await log.appendAndWait(reader.batch((0..<10).map { eventJSON("x-\($0)") })).get()
        try log.endEpochAndWait()
        log.close()
        let target = root.appending(path: "00000001/data.mdb")
        try FileManager.default.removeItem(at: target)
        try FileManager.default.copyItem(at: other.url.appending(path: "data/log/00000001/data.mdb"), to: target)
        let opened = try open()
        let damages = opened.verify { _ in true }.damages
        #expect(damages.contains { $0.place == "00000001" && $0.position == 1 && $0.reason.contains("digest") }, "\(damages)")
        opened.close()
    }

    @Test func expectingAPositionIsCheckedAgainstWhatTheIndexHasNotSeen() async throws {
        let log = try open()
        func append(
            _ id: String, _ subject: String, expect: Position, known: Position, through: Position
        ) async throws
            -> Result<AppendOutcome, AppendFailure>
        {
            let batch = try reader.batch([eventJSON(id, subject: subject)])
            let expectation = Expectation(subject: Array(subject.utf8), position: expect, known: known, through: through)
            return try await log.appendAndWait(batch, expecting: expectation)
        }
        #expect(try await append("1", "lead:1", expect: 0, known: 0, through: 0).get().first == 1)
        #expect(try await append("2", "lead:2", expect: 0, known: 0, through: 0).get().first == 2)
        #expect(try await append("3", "lead:1", expect: 0, known: 0, through: 0) == .failure(.unexpected(1)))
        #expect(try await append("3", "lead:1", expect: 1, known: 0, through: 0).get().first == 3)
        #expect(try await append("4", "lead:1", expect: 1, known: 1, through: 2) == .failure(.unexpected(3)))
        #expect(try await append("4", "lead:1", expect: 3, known: 3, through: 3).get().first == 4)
        // Sent again after an answer that got lost: stored already, whatever is expected.
        #expect(try await append("4", "lead:1", expect: 3, known: 3, through: 3).get().duplicates == 1)
        log.close()
        let again = try open()
        let batch = try reader.batch([eventJSON("5", subject: "lead:1")])
        // After a restart the log knows of nothing before its tail: the index must have come so far.
        let early = Expectation(subject: Array("lead:1".utf8), position: 4, known: 3, through: 3)
        #expect(try await again.appendAndWait(batch, expecting: early) == .failure(.log(.overloaded)))
        let late = Expectation(subject: Array("lead:1".utf8), position: 4, known: 4, through: 4)
        #expect(try await again.appendAndWait(batch, expecting: late).get().first == 5)
        again.close()
    }
}
