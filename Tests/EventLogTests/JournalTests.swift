import EventLog
import FoundationEssentials
import Glibc
import JourneyModel
import TestSupport
import Testing

/// What a crash leaves in the journal: a copy of the directory while the log is open is what a killed process would leave.
@Suite struct JournalTests {
    private let scratch: Scratch
    private let reader: EventReader

    init() throws {
        scratch = try Scratch()
        reader = EventReader(catalogue: try .shipped())
    }

    private func open(_ name: String) throws -> EventLog {
        var options = EventLog.Options.small
        // However slow the machine is, the journal is not moved on in between.
        options.leisure = 3_600
        return try EventLog(directory: DataDirectory(path: scratch.path + "/" + name), options: options)
    }

    /// A directory as a process that stored `count` commits one by one leaves it when it is killed.
    private func crashed(_ count: Int, as name: String) async throws {
        let log = try open("source")
        for number in 0..<count {
            let type = "test.kind\(number % 3).happened"
            _ = try await log.appendAndWait(reader.batch([eventJSON("\(number)", type: type, data: #"{"n":\#(number)}"#)])).get()
        }
        try FileManager.default.copyItem(atPath: scratch.path + "/source", toPath: scratch.path + "/" + name)
        log.close()
    }

    private func journal(_ name: String) -> URL { scratch.url.appending(path: name + "/log/journal") }

    /// Commits go past the system's cache where the file system takes that.
    @Test func itIsWrittenDirectlyWhereThatCanBeDone() async throws {
        let log = try open("source")
        defer { log.close() }
        _ = try await log.appendAndWait(reader.batch([eventJSON("1")])).get()
        let path = journal("source").path
        let probe = unsafe Glibc.open(path, O_RDWR | O_CLOEXEC | __O_DIRECT)
        let canBeDone = probe >= 0
        if canBeDone { close(probe) }
        let descriptor = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").first {
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")) == path
        }
        let flags = fcntl(try #require(descriptor.flatMap { Int32($0) }), F_GETFL)
        #expect((flags & __O_DIRECT != 0) == canBeDone)
    }

    @Test func whatWasAcknowledgedComesBackFromIt() async throws {
        try await crashed(40, as: "copy")
        // None of it is in the epoch yet: without the journal it would be gone.
        try FileManager.default.copyItem(atPath: scratch.path + "/copy", toPath: scratch.path + "/without")
        try FileManager.default.removeItem(at: journal("without"))
        let without = try open("without")
        #expect(without.tail == 0)
        without.close()
        for round in 0..<2 {
            let log = try open("copy")
            #expect(log.tail == 40 && log.readOnlyReason == nil)
            let events = try log.allEvents()
            #expect(events.map(\.id) == (0..<40).map(String.init) && events[4].type == "test.kind1.happened")
            let again = try await log.appendAndWait(reader.batch([eventJSON("7", type: "test.kind1.happened", data: #"{"n":7}"#)])).get()
            #expect(again.duplicates == 1 && again.first == 8, "round \(round)")
            #expect(log.verify { _ in true }.isSound)
            log.close()
        }
    }

    @Test func aCommitThatWasCutOffIsTheEnd() async throws {
        try await crashed(12, as: "copy")
        var bytes = try Data(contentsOf: journal("copy"))
        let frames = frames(bytes)
        #expect(frames.count == 12)
        // The last frame as a torn write leaves it.
        for offset in (frames[11] + 40)..<(frames[11] + 512) { bytes[offset] = 0 }
        try bytes.write(to: journal("copy"))
        let log = try open("copy")
        #expect(log.tail == 11 && log.readOnlyReason == nil)
        #expect(try await log.appendAndWait(reader.batch([eventJSON("new")])).get().first == 12)
        log.close()
        let reopened = try open("copy")
        #expect(try reopened.allEvents().map(\.id) == (0..<11).map(String.init) + ["new"])
        reopened.close()
    }

    @Test(arguments: [0, 5, 10])
    func aCommitThatIsDamagedAndHasOthersBehindItIsNamed(_ number: Int) async throws {
        try await crashed(12, as: "copy")
        var bytes = try Data(contentsOf: journal("copy"))
        let place = frames(bytes)[number] + 60
        bytes[place] ^= 16
        try bytes.write(to: journal("copy"))
        let log = try open("copy")
        let reason = try #require(log.readOnlyReason)
        #expect(reason.contains("position \(number + 1) is missing") && reason.contains("/log/journal"), "\(reason)")
        #expect(try log.allEvents().count == number)
        log.close()
        #expect(try Data(contentsOf: journal("copy")) == bytes, "what is damaged is left as it is")
    }

    @Test func whatWasMovedOnIsNotTakenForNew() async throws {
        let log = try open("source")
        for number in 0..<5 { _ = try await log.appendAndWait(reader.batch([eventJSON("\(number)")])).get() }
        // Ending an epoch moves the journal on, and the next commits overwrite its beginning only.
        try log.endEpochAndWait()
        _ = try await log.appendAndWait(reader.batch([eventJSON("5")])).get()
        try FileManager.default.copyItem(atPath: scratch.path + "/source", toPath: scratch.path + "/copy")
        log.close()
        let copy = try open("copy")
        #expect(copy.tail == 6 && copy.readOnlyReason == nil && copy.epochCount == 2)
        #expect(try copy.allEvents().map(\.id) == (0..<6).map(String.init))
        copy.close()
    }

    /// The first load into the epoch is moved, and finds no room there; the next commits are in the other half.
    @Test func whatIsInBothHalvesComesBackFromThem() async throws {
        var options = EventLog.Options()
        options.mapSize = 256 << 10
        let log = try EventLog(directory: DataDirectory(path: scratch.path + "/source"), options: options)
        var stored = 0
        // More than what is left in the journal while there is time to move it on, and than the epoch has room for.
        let data = #"{"text":"\#(String(repeating: "x", count: 4_000))"}"#
        var refusal: AppendFailure?
        while refusal == nil, stored < 2_000 {
            switch try await log.appendAndWait(reader.batch([eventJSON("\(stored)", data: data)])) {
            case .success: stored += 1
            case .failure(let failure): refusal = failure
            }
        }
        guard case .log(.full) = refusal else {
            Issue.record("\(stored) events, and then \(String(describing: refusal))")
            return
        }
        #expect(stored > 500, "both halves were filled")
        #expect(try log.allEvents().map(\.id) == (0..<stored).map(String.init))
        try FileManager.default.copyItem(atPath: scratch.path + "/source", toPath: scratch.path + "/copy")
        log.close()
        let copy = try open("copy")
        #expect(copy.tail == Position(stored) && copy.readOnlyReason == nil)
        #expect(try copy.allEvents().map(\.id) == (0..<stored).map(String.init))
        #expect(try await copy.appendAndWait(reader.batch([eventJSON("new")])).get().first == Position(stored) + 1)
        #expect(copy.verify { _ in true }.isSound)
        copy.close()
        let again = try open("copy")
        #expect(try again.allEvents().map(\.id) == (0..<stored).map(String.init) + ["new"])
        again.close()
    }

    @Test func aJournalOfOneHalfIsTakenOver() async throws {
        try await crashed(12, as: "copy")
        let bytes = try Data(contentsOf: journal("copy"))
        // As they were once: half as long, with the same frames.
        try bytes.prefix(bytes.count / 2).write(to: journal("copy"))
        let log = try open("copy")
        #expect(log.tail == 12 && log.readOnlyReason == nil)
        #expect(try await log.appendAndWait(reader.batch([eventJSON("new")])).get().first == 13)
        #expect(try Data(contentsOf: journal("copy")).count == bytes.count)
        log.close()
        let reopened = try open("copy")
        #expect(try reopened.allEvents().map(\.id) == (0..<12).map(String.init) + ["new"])
        reopened.close()
    }

    /// Where frames begin.
    private func frames(_ bytes: Data) -> [Int] {
        stride(from: 0, to: bytes.count, by: 512).filter { bytes[$0..<($0 + 4)].elementsEqual("JDJ1".utf8) }
    }
}
