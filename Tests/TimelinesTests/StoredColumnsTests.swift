import EventLog
import FoundationEssentials
import Glibc
import JourneyModel
import Synchronization
import TestSupport
import Testing
import Timelines

/// The table that is kept for the next start: whatever becomes of its files, answers are those of a table read from the log.
@Suite struct StoredColumnsTests {
    /// Something that becomes of a file.
    private enum Damage: CaseIterable {
        case flip, cut, empty, longer, removed, older, renamed, zeros
    }

    @Test(arguments: 1...Seeds.count(60))
    func randomHistoriesAreAnsweredAsFromTheLog(seed: Int) async throws {
        var random = Seeded(seed: UInt64(seed))
        let house = try ColumnsHouse(isSmall: seed % 2 == 0, isStored: true)
        defer { house.close() }
        var texts = ColumnsTests.events(&random)
        texts.shuffle(using: &random)
        var old: [UInt8]?
        while !texts.isEmpty {
            let count = min(texts.count, Int.random(in: 1...60, using: &random))
            try await house.append(Array(texts.prefix(count)))
            texts.removeFirst(count)
            if Int.random(in: 0..<4, using: &random) > 0 { try expectSame(house, "seed \(seed) at \(house.log.tail)") }
            var damage: Damage?
            try house.restart(isKilled: Int.random(in: 0..<3, using: &random) == 0) {
                guard let file = try house.files.randomElement(using: &random) else { return }
                let url = house.store.appending(path: file)
                if Bool.random(using: &random) {
                    damage = Damage.allCases.randomElement(using: &random)
                    if let damage { try Self.apply(damage, to: url, older: old, &random) }
                } else {
                    old = [UInt8](try Data(contentsOf: url))
                }
            }
            try expectSame(house, "seed \(seed) at \(house.log.tail) after \(damage.map { "\($0)" } ?? "nothing")")
            let losses = house.takeLosses()
            #expect(damage != nil || losses.isEmpty, "seed \(seed): \(losses)")
        }
    }

    /// More than two segments: those that are sound are mapped and the log is not read; damage costs the segments from it on.
    @Test func fullSegmentsAreMappedAndDamageIsSeen() async throws {
        let seed = UInt64.random(in: 0...UInt64(UInt32.max))
        print("stored columns: seed \(seed)")
        var random = Seeded(seed: seed)
        let house = try ColumnsHouse(isStored: true)
        defer { house.close() }
        let count = 150_000
        for start in stride(from: 0, to: count, by: 10_000) {
            try await house.append((start..<(start + 10_000)).map { Self.event($0) })
            if start == 70_000 { _ = try house.columns.journeys() }
        }
        try expectSame(house, "before")
        try house.restart()
        #expect(try house.files == ["00000", "00001", "00002"])
        for file in try house.files {
            var status = stat()
            #expect(unsafe stat(house.store.appending(path: file).path, &status) == 0 && status.st_mode & 0o777 == 0o600)
        }
        try expectStored(house)
        try expectSame(house, "after an end in good order")
        #expect(house.takeLosses().isEmpty)
        let sound = try house.files.map { (name: $0, bytes: try Data(contentsOf: house.store.appending(path: $0))) }
        for round in 0..<16 {
            let (damage, file) = (Damage.allCases[round % Damage.allCases.count], Int.random(in: 0...2, using: &random))
            try house.restart {
                // What the last life has read from the log again is there again.
                #expect(try house.files == sound.map(\.name))
                let older = [UInt8](sound[(file + 1) % 3].bytes)
                try Self.apply(damage, to: house.store.appending(path: sound[file].name), older: older, &random)
            }
            try expectSame(house, "seed \(seed), round \(round): \(damage) of \(sound[file].name)")
            let losses = house.takeLosses()
            // The last one can be missing without anybody knowing that it was there.
            #expect(losses.count == 1 || file == 2 && damage == .removed, "\(damage) of \(sound[file].name): \(losses)")
        }
        try house.restart(isKilled: true)
        try expectSame(house, "killed")
        #expect(house.takeLosses().isEmpty)
    }

    /// Files of another log are not used.
    @Test func filesOfAnotherLogAreNotUsed() async throws {
        let (one, other) = (try ColumnsHouse(isStored: true), try ColumnsHouse(isStored: true))
        defer {
            one.close()
            other.close()
        }
        for house in [one, other] {
            try await house.append((0..<100).map { eventJSON("\($0)", subject: "lead:\($0 % 7)") })
            try expectSame(house, "own")
            try house.restart()
            try expectSame(house, "own again")
        }
        #expect(one.takeLosses().isEmpty)
        try other.restart()
        try one.restart {
            try FileManager.default.removeItem(at: one.store)
            try FileManager.default.copyItem(at: other.store, to: one.store)
        }
        try expectSame(one, "with the files of another")
        #expect(one.takeLosses().count == 1)
    }

    /// A log that went on in two ways: the files of one are of no use to the other.
    @Test func filesOfTheSameLogThatWentOnInAnotherWayAreNotUsed() async throws {
        let scratch = try Scratch()
        let (one, other) = (scratch.path + "/one", scratch.path + "/other")
        let reader = EventReader(catalogue: try .shipped())
        /// Appends events, and returns the rows' subjects by their names, and what was told of the files.
        func live(_ path: String, _ name: String, _ count: Int) async throws -> (subjects: [String], losses: [String]) {
            let directory = try DataDirectory(path: path)
            let log = try EventLog(directory: directory, options: .small)
            defer { log.close() }
            let texts = (0..<count).map { eventJSON("\(name)-\($0)", subject: "lead:\(name)-\($0)") }
            if count > 0 { _ = try await log.appendAndWait(reader.batch(texts)).get() }
            var limits = JourneyColumns.Limits()
            limits.store = try directory.directory("views/columns")
            let losses = Mutex([String]())
            let columns = JourneyColumns(log: log, limits: limits) { loss in losses.withLock { $0.append(loss) } }
            defer { columns.close() }
            let table = try columns.journeys().table
            let subjects = (0..<UInt32(table.count)).map { columns.name(of: table.subject($0)) }
            return (subjects, losses.withLock { $0 })
        }
        _ = try await live(one, "common", 40)
        try FileManager.default.copyItem(atPath: one, toPath: other)
        _ = try await live(one, "one", 30)
        let expected = try await live(other, "other", 50)
        #expect(expected.losses.isEmpty && expected.subjects.count == 90)
        try FileManager.default.removeItem(atPath: other + "/views")
        try FileManager.default.copyItem(atPath: one + "/views", toPath: other + "/views")
        let found = try await live(other, "none", 0)
        #expect(found.subjects == expected.subjects && found.losses.count == 1, "\(found.losses)")
    }

    /// What retention took away stays in no file, whether somebody asks or not.
    @Test(arguments: [true, false]) func whatRetentionTookAwayIsInNoFile(isAsked: Bool) async throws {
        let house = try ColumnsHouse(isStored: true)
        defer { house.close() }
        try await house.append((0..<50).map { eventJSON("\($0)", subject: "lead:early-\($0)") })
        try house.log.endEpochAndWait()
        try await house.append((50..<100).map { eventJSON("\($0)", subject: "lead:late-\($0)") })
        try expectSame(house, "before")
        try house.restart()
        if isAsked { try expectSame(house, "again") }
        while house.log.sealedEpochs < 1 { await Task.yield() }
        try house.log.retain(#require(house.log.retentionPlan(before: nil, keeping: 0)))
        while try house.files.contains(where: { try house.contains($0, "lead:early") }) { await Task.yield() }
        try expectSame(house, "after")
        try house.restart()
        #expect(try house.files == ["00000"] && house.contains("00000", "lead:late") && !house.contains("00000", "lead:early"))
        try expectSame(house, "after a restart")
    }

    /// Where files cannot be written all stays in memory.
    @Test func withoutRoomAllIsInMemory() async throws {
        let house = try ColumnsHouse(hasRoom: false, isStored: true)
        defer { house.close() }
        for start in stride(from: 0, to: 140_000, by: 10_000) {
            try await house.append((start..<(start + 10_000)).map { Self.event($0) })
        }
        try expectSame(house, "without files")
        try await house.append([Self.event(140_000)])
        try expectSame(house, "without files, later")
    }

    // MARK: - Help

    /// Links, ends of links, voids of events that come before and after, and names of two kinds.
    private static func event(_ number: Int) -> String {
        let time = Timestamp(microseconds: Int64(number) * 250_000).text
        func event(_ type: String, _ data: String) -> String {
            eventJSON("\(number)", type: type, subject: "lead:\(number % 20_011)", time: time, data: data)
        }
        switch number % 5_000 {
        case 17: return event("ops.identity.linked", #"{"a":"lead:\#(number % 20_011)","b":"contact:\#(number)"}"#)
        case 18: return event("ops.identity.unlinked", #"{"a":"lead:\#(number % 20_011)","b":"contact:\#(number - 1)"}"#)
        case 19: return event("ops.event.voided", #"{"target":{"source":"/test","id":"\#(number / 2)"},"reason":"r"}"#)
        case 20: return event("ops.event.corrected", #"{"target":{"source":"/test","id":"\#(number + 40_000)"},"reason":"r","data":{}}"#)
        default: return event("test.thing.\(["a", "b", "c"][number % 3])", "{}")
        }
    }

    private static func apply(_ damage: Damage, to file: URL, older: [UInt8]?, _ random: inout Seeded) throws {
        var bytes = [UInt8](try Data(contentsOf: file))
        switch damage {
        case .flip: bytes[Int.random(in: bytes.indices, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case .cut: bytes.removeLast(Int.random(in: 1...bytes.count, using: &random))
        case .empty: bytes = []
        case .longer: bytes += bytes.suffix(Int.random(in: 1...bytes.count, using: &random))
        case .removed: return try FileManager.default.removeItem(at: file)
        case .older: bytes = older ?? bytes.reversed()
        case .renamed:
            let name = file.lastPathComponent == "00001" ? "00000" : "00001"
            let place = file.deletingLastPathComponent().appending(path: name)
            try? FileManager.default.removeItem(at: place)
            return try FileManager.default.moveItem(at: file, to: place)
        case .zeros:
            // As a power cut leaves a file whose size was on the disk and whose bytes were not.
            let start = Int.random(in: bytes.indices, using: &random)
            for index in start..<bytes.count { bytes[index] = 0 }
        }
        try Data(bytes).write(to: file)
    }

    /// That the columns say of the log what those say that read it from its beginning.
    private func expectSame(_ house: ColumnsHouse, _ comment: String) throws {
        let fresh = house.columnsFromLog()
        defer { fresh.close() }
        let (journeys, expected) = (try house.columns.journeys(), try fresh.journeys())
        let (table, other) = (journeys.table, expected.table)
        #expect(journeys.rowCount == expected.rowCount && table.first == other.first, "\(comment)")
        #expect(journeys.effects == expected.effects && journeys.roots == expected.roots, "\(comment)")
        #expect(table.hasUnlistedTypes == other.hasUnlistedTypes, "\(comment)")
        #expect(journeys.positions == expected.positions, "\(comment)")
        for (segment, same) in zip(table.segments, other.segments) {
            #expect(segment.times.elementsEqual(same.times) && segment.types.elementsEqual(same.types), "\(comment)")
            #expect(segment.sources.elementsEqual(same.sources) && segment.subjects.elementsEqual(same.subjects), "\(comment)")
            #expect(segment.accounts.elementsEqual(same.accounts), "\(comment)")
        }
        let names = journeys.roots.indices.map { house.columns.name(of: UInt32($0)) }
        #expect(names == expected.roots.indices.map { fresh.name(of: UInt32($0)) }, "\(comment)")
        for (number, name) in names.enumerated() where house.columns.subject(name) != UInt32(number) {
            Issue.record("\(comment): \(name) is not found")
        }
    }

    /// That the next answer reads nothing from the log, and that no file stays open.
    private func expectStored(_ house: ColumnsHouse) throws {
        let monitor = WorkMonitor(report: { stage, done, total in
            // All files are taken in at once here, and the log in batches.
            if stage == .events { Issue.record("\(done) of \(total) are read from the log") }
        })
        _ = try house.columns.journeys(monitor)
        for descriptor in try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
            let target = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(descriptor)")) ?? ""
            #expect(!target.hasPrefix(house.store.path), "\(target) is open")
        }
    }
}

extension ColumnsHouse {
    /// Whether a file of the table, which may be gone, has a text in it.
    fileprivate func contains(_ file: String, _ text: String) throws -> Bool {
        let bytes = FileManager.default.contents(atPath: store.appending(path: file).path)
        return bytes?.firstRange(of: Array(text.utf8)) != nil
    }
}
