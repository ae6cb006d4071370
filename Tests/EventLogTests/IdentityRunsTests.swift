import EventLog
import FoundationEssentials
import Glibc
import JourneyModel
import TestSupport
import Testing

/// What was ever stored is a duplicate for ever, wherever its identity is kept by now.
@Suite struct IdentityRunsTests {
    private let scratch: Scratch
    private let reader: EventReader

    init() throws {
        scratch = try Scratch()
        reader = EventReader(catalogue: try .shipped())
    }

    private var directory: URL { scratch.url.appending(path: "data/identities") }

    private func open(tail: Int = 16) throws -> EventLog {
        var options = EventLog.Options.small
        options.identityTail = tail
        return try EventLog(directory: DataDirectory(path: scratch.path + "/data"), options: options)
    }

    private func runs() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory.path).filter { $0.hasSuffix(".run") }.sorted()
    }

    /// Waits until the keeper has written and merged what it can.
    private func settled(_ log: EventLog, runs count: Int) async throws {
        while log.identityRuns != count { await Task.yield() }
    }

    private func fill(_ log: EventLog, _ range: Range<Int>) async throws {
        for number in range {
            #expect(try await log.appendAndWait(reader.batch([eventJSON("\(number)")])).get().appended == 1)
        }
    }

    private func expectAllKnown(_ log: EventLog, _ range: Range<Int>) async throws {
        for number in range {
            let outcome = try await log.appendAndWait(reader.batch([eventJSON("\(number)")])).get()
            #expect(outcome.duplicates == 1 && outcome.first == Position(number + 1), "event \(number)")
        }
        let conflict = try await log.appendAndWait(reader.batch([eventJSON("\(range.lowerBound)", subject: "lead:other")]))
        #expect(conflict == .failure(.conflict(Conflict(index: 0, position: Position(range.lowerBound + 1)))))
    }

    @Test func identitiesMoveIntoRunsThatMergeAndStayExact() async throws {
        let log = try open()
        // 16 runs of 16 events merge to four of 64 and these to one.
        try await fill(log, 0..<257)
        while try runs() != ["1-256.run"] { await Task.yield() }
        try await expectAllKnown(log, 0..<257)
        #expect(log.verify { _ in true }.isSound)
        log.close()
        let again = try open()
        try await expectAllKnown(again, 0..<257)
        try await fill(again, 257..<300)
        try await expectAllKnown(again, 0..<300)
        again.close()
    }

    @Test(arguments: [100, 4096, 4100, 5000, 8000, 8188, 8192, 8200])
    func aDamagedRunIsMadeAgainAndNothingIsStoredTwice(_ offset: Int) async throws {
        do {
            let log = try open(tail: 512)
            let batch = try reader.batch((0..<1024).map { eventJSON("\($0)") })
            _ = try await log.appendAndWait(batch).get()
            try await fill(log, 1024..<1026)
            try await settled(log, runs: 1)
            log.close()
        }
        let name = try #require(try runs().first)
        let file = directory.appending(path: name)
        var bytes = try Data(contentsOf: file)
        bytes[offset] ^= 0x40
        try bytes.write(to: file)
        let log = try open(tail: 512)
        #expect(log.tail == 1026)
        try await expectAllKnown(log, 0..<1026)
        #expect(log.tail == 1026)
        log.close()
    }

    @Test(arguments: ["deleted", "cut", "another log's", "a stranger's file"])
    func runsThatAreNotTheLogsAreMadeAgain(_ what: String) async throws {
        do {
            let log = try open()
            try await fill(log, 0..<65)
            try await settled(log, runs: 1)
            log.close()
        }
        let file = directory.appending(path: try #require(try runs().first))
        switch what {
        case "deleted": try FileManager.default.removeItem(at: file)
        case "cut": try Data(contentsOf: file).dropLast(64).write(to: file)
        case "another log's":
            let other = try Scratch()
            var options = EventLog.Options.small
            options.identityTail = 64
            let log = try EventLog(directory: DataDirectory(path: other.path + "/data"), options: options)
            for number in 0..<65 { _ = try await log.appendAndWait(reader.batch([eventJSON("x\(number)")])).get() }
            let name = other.url.appending(path: "data/identities/1-64.run")
            while !FileManager.default.fileExists(atPath: name.path) { await Task.yield() }
            log.close()
            try FileManager.default.removeItem(at: file)
            try FileManager.default.copyItem(at: name, to: directory.appending(path: "1-64.run"))
        default: try Data("hello".utf8).write(to: file)
        }
        let log = try open()
        try await expectAllKnown(log, 0..<65)
        log.close()
    }

    @Test func verifyNamesARunThatIsNotTheIndexOfItsPositions() async throws {
        let log = try open(tail: 64)
        try await fill(log, 0..<65)
        try await settled(log, runs: 1)
        let file = directory.appending(path: "1-64.run")
        var bytes = try Data(contentsOf: file)
        // A hash of the first page: its checksum no longer fits. Written in place, as the run is mapped.
        bytes[4096 + 10] ^= 1
        let descriptor = unsafe Glibc.open(file.path, O_WRONLY)
        let written = unsafe pwrite(descriptor, [bytes[4096 + 10]], 1, 4096 + 10)
        #expect(written == 1)
        close(descriptor)
        let damages = log.verify { _ in true }.damages
        #expect(damages.map(\.place) == ["1-64.run"])
        log.close()
    }
}
