import EventLog
import FoundationEssentials
import JourneyModel
import TestSupport
import Testing

/// A backup is the log at one position, whole or not at all.
@Suite struct BackupTests {
    private let scratch: Scratch
    private let reader: EventReader

    init() throws {
        scratch = try Scratch()
        reader = EventReader(catalogue: try .shipped())
        try String(repeating: "5a", count: 32).write(toFile: scratch.path + "/key", atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: scratch.path + "/key")
    }

    private var target: String { scratch.path + "/backup" }

    private func open(_ name: String = "data") throws -> EventLog {
        var options = EventLog.Options.small
        options.identityTail = 16
        // No backup has it: an administrator brings it.
        options.keyFile = scratch.path + "/key"
        return try EventLog(directory: DataDirectory(path: scratch.path + "/" + name), options: options)
    }

    private func append(_ log: EventLog, _ ids: [String]) async throws {
        _ = try await log.appendAndWait(reader.batch(ids.map { eventJSON($0, data: #"{"p":"\#($0)"}"#) })).get()
    }

    /// Sealed epochs of ten events each, and three events in the live one.
    private func makeLog(_ epochs: Range<Int> = 0..<3, in log: EventLog? = nil) async throws -> EventLog {
        let log = try log ?? open()
        for epoch in epochs {
            try await append(log, (0..<10).map { "\(epoch)-\($0)" })
            try log.endEpochAndWait()
        }
        try await append(log, (0..<3).map { "live-\(epochs.upperBound)-\($0)" })
        while log.sealedEpochs < log.epochCount - 1 { await Task.yield() }
        return log
    }

    @discardableResult
    private func update(_ log: EventLog, prune: Bool = false) throws -> BackupManifest {
        let directory = try BackupDirectory(writing: target)
        let known = Dictionary(directory.sealed.map { ($0.epoch, $0.digest) }) { $1 }
        let manifest = try Archive(log.backup(having: known)).send(to: directory)
        if prune { _ = try directory.prune() }
        return manifest
    }

    /// Restores the directory's state and returns its records.
    private func restored(_ name: String = "restored") throws -> [Position: [UInt8]] {
        _ = try BackupDirectory(reading: target).send(to: Restore(to: scratch.path + "/" + name) { _ in })
        return try Archive.records(scratch.path + "/" + name)
    }

    @Test func anArchiveHoldsTheLogAtItsPosition() async throws {
        let log = try await makeLog()
        let backup = try log.backup()
        let before = try Archive.records(log)
        try await append(log, ["later"])
        let archive = try Archive(backup)
        #expect(archive.bytes.count == backup.manifest.archiveSize && archive.bytes.count % 512 == 0)
        let manifest = try archive.send(to: Restore(to: scratch.path + "/restored") { #expect($0.damage == nil) })
        #expect(manifest.position == 33 && manifest.events == 33 && manifest.epochCount == 4 && manifest.includedEpochs == 4)
        #expect(try Archive.records(scratch.path + "/restored") == before)
        log.close()
        // The restored log goes on where it was, and knows what it has.
        let again = try open("restored")
        #expect(
            try await again.appendAndWait(reader.batch([eventJSON("1-1", data: #"{"p":"1-1"}"#), eventJSON("new")])).get().duplicates == 1)
        #expect(again.tail == 34 && again.damages.isEmpty)
        again.close()
        for name in ["format", "log/00000002.seal", "log/00000003/about", "log/00000003/data.mdb"] {
            let files = ["data", "restored"].map { try? Data(contentsOf: scratch.url.appending(path: "\($0)/\(name)")) }
            #expect(files[0] != nil && files[0] == files[1], "\(name)")
        }
    }

    @Test func anEmptyLogHasABackup() async throws {
        let log = try open()
        let manifest = try Archive(log.backup()).send(to: Restore(to: scratch.path + "/restored") { _ in })
        #expect(manifest.position == 0 && manifest.events == 0)
        log.close()
        let again = try open("restored")
        try await append(again, ["1"])
        #expect(again.tail == 1)
        again.close()
    }

    @Test func sealedEpochsAreFetchedOnceAndTheStateIsReplaced() async throws {
        let log = try await makeLog()
        #expect(try update(log).includedEpochs == 4)
        let second = try update(log)
        #expect(second.includedEpochs == 1 && second.position == 33)
        _ = try await makeLog(3..<5, in: log)
        let third = try update(log)
        // The fourth was the live one, and is fetched again now that it is sealed.
        #expect(third.includedEpochs == 3 && third.epochCount == 6 && third.position == 56)
        #expect(try restored() == Archive.records(log))
        let names = try FileManager.default.contentsOfDirectory(atPath: target).sorted()
        #expect(names.count == 4 && names.dropLast() == ["format", "log", "manifest"] && names[3].hasPrefix("state-56-"), "\(names)")
        log.close()
    }

    @Test func whatRetentionTookAwayIsKeptUntilPruned() async throws {
        let log = try await makeLog()
        try update(log)
        try log.retain(#require(log.retentionPlan(before: nil, keeping: log.bytes / 2)))
        let first = log.first
        #expect(first > 1)
        let manifest = try update(log)
        #expect(manifest.events == Int(34 - first))
        #expect(try restored("one") == Archive.records(log))
        func epochs() throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: target + "/log").filter { $0.hasSuffix(".seal") }
        }
        #expect(try epochs().count == 3)
        try update(log, prune: true)
        #expect(try epochs().count < 3)
        #expect(try restored("two") == Archive.records(log))
        log.close()
    }

    @Test func retentionMeanwhileTakesNothingFromABackupThatIsUnderWay() async throws {
        let log = try await makeLog()
        let before = try Archive.records(log)
        let seal = scratch.path + "/data/log/00000001/data.mdb"
        do {
            let backup = try log.backup()
            try log.retain(#require(log.retentionPlan(before: nil, keeping: 0)))
            #expect(log.first == 31 && FileManager.default.fileExists(atPath: seal))
            try Archive(backup).send(to: Restore(to: scratch.path + "/restored") { _ in })
        }
        #expect(try Archive.records(scratch.path + "/restored") == before)
        #expect(!FileManager.default.fileExists(atPath: seal), "what was held is let go")
        log.close()
    }

    @Test func personalDataComesBackWithTheMasterKeyAndNotAfterItWasErased() async throws {
        let log = try open()
        let personal = eventJSON("1", subject: "contact:ann@example.org", data: #"{"email":"ann@example.org"}"#)
        _ = try await log.appendAndWait(reader.batch([personal])).get()
        let name = log.storedName("contact:ann@example.org")
        #expect(try update(log).hasKeys)
        _ = try restored("with")
        let key = try String(contentsOfFile: scratch.path + "/key", encoding: .utf8)
        for file in try FileManager.default.subpathsOfDirectory(atPath: target) {
            guard let bytes = FileManager.default.contents(atPath: "\(target)/\(file)") else { continue }
            for text in ["ann@example.org", key] { #expect(bytes.firstRange(of: Array(text.utf8)) == nil, "\(file)") }
        }
        let again = try open("with")
        #expect(try again.event(at: 1)?.subject == "contact:ann@example.org")
        again.close()
        try log.erase(log.erasurePlan(subjects: [name], positions: [1]))
        try update(log)
        _ = try restored("without")
        let erased = try open("without")
        #expect(try erased.event(at: 1)?.isErased == true && erased.erasures.count == 1)
        erased.close()
        log.close()
    }

    /// Whatever arrives of an archive, the state before can be restored, and the next backup completes.
    @Test func aBackupThatBreaksOffLeavesTheStateBefore() async throws {
        let log = try await makeLog()
        try update(log)
        let before = try Archive.records(log)
        _ = try await makeLog(3..<5, in: log)
        let known = Dictionary(try BackupDirectory(reading: target).sealed.map { ($0.epoch, $0.digest) }) { $1 }
        let archive = try Archive(log.backup(having: known))
        var random = Seeded(seed: 7)
        for round in 0..<24 {
            // The last one has all but the digest's member.
            let length = round == 23 ? archive.bytes.count - 2_048 : Int.random(in: 0..<(archive.bytes.count - 2_048), using: &random)
            #expect(throws: LogError.self, "\(length) bytes") { try archive.prefix(length).send(to: BackupDirectory(writing: target)) }
            #expect(try restored("r\(round)") == before, "after \(length) of \(archive.bytes.count) bytes")
        }
        // What came whole need not come again.
        #expect(try update(log).includedEpochs < 3)
        #expect(try restored() == Archive.records(log))
        log.close()
    }

    @Test func aBackupOfAnotherLogOrOfOneThatWentOtherwiseIsRefused() async throws {
        let log = try await makeLog()
        try update(log)
        let other = try open("other")
        #expect(throws: LogError.self) { try update(other) }
        other.close()
        // Restored from the backup, the log goes on otherwise, and so does the backup's next epoch.
        _ = try restored("otherwise")
        try log.endEpochAndWait()
        while log.sealedEpochs < 4 { await Task.yield() }
        try update(log)
        log.close()
        let otherwise = try open("otherwise")
        try await append(otherwise, ["otherwise"])
        try otherwise.endEpochAndWait()
        while otherwise.sealedEpochs < 4 { await Task.yield() }
        #expect { try update(otherwise) } throws: { "\($0)".contains("went on otherwise") }
        otherwise.close()
        #expect(throws: LogError.self, "a data directory is no target") { try BackupDirectory(writing: scratch.path + "/other") }
        #expect(throws: LogError.self, "nor is one that holds other things") { try BackupDirectory(writing: scratch.path) }
    }

    @Test func aDamagedEpochIsNamedUnlessTheBackupHasIt() async throws {
        let log = try await makeLog()
        try update(log)
        log.close()
        try FileManager.default.removeItem(atPath: scratch.path + "/data/log/00000002/data.mdb")
        let damaged = try open()
        #expect { try damaged.backup() } throws: { "\($0)".contains("00000002") }
        try await append(damaged, ["more"])
        #expect(try update(damaged).position == 34)
        damaged.close()
        #expect(try restored().count == 34, "the backup still has what the log has lost")
        // And gives it back as it is.
        try FileManager.default.copyItem(
            atPath: target + "/log/00000002/data.mdb", toPath: scratch.path + "/data/log/00000002/data.mdb")
        let mended = try open()
        #expect(mended.damages.isEmpty && mended.verify { _ in true }.isSound)
        mended.close()
    }

    @Test func aDamagedBackupIsNotRestored() async throws {
        let log = try await makeLog()
        try update(log)
        log.close()
        let place = target + "/log/00000002/data.mdb"
        var bytes = [UInt8](try Data(contentsOf: URL(filePath: place)))
        let record = try #require(bytes.firstRange(of: Array("1-7".utf8)))
        bytes[record.lowerBound] ^= 1
        try Data(bytes).write(to: URL(filePath: place))
        #expect { try restored() } throws: { "\($0)".contains("position 18") }
        #expect(!FileManager.default.fileExists(atPath: scratch.path + "/restored"))
        // What the failed one left beside it is taken away by the next.
        bytes[record.lowerBound] ^= 1
        try Data(bytes).write(to: URL(filePath: place))
        #expect(try restored().count == 33)
        #expect(throws: LogError.self, "it is not empty") { try Restore(to: scratch.path + "/restored") { _ in } }
    }

    /// While events come and epochs end, each backup is a prefix of the log: the same records at the same positions.
    @Test(arguments: 1...50) func eachBackupIsAPrefixOfTheLog(seed: UInt64) async throws {
        var random = Seeded(seed: seed)
        let log = try open()
        let batches = Int.random(in: 20...40, using: &random)
        let appending = Task { [random] in
            var random = random
            for batch in 0..<batches {
                try await append(log, (0..<Int.random(in: 1...30, using: &random)).map { "\(batch)-\($0)" })
                if Int.random(in: 0..<6, using: &random) == 0 { try log.endEpochAndWait() }
            }
        }
        var positions: [Position] = []
        for backup in 0..<3 {
            let goal = Position(Int.random(in: 0...(batches * 5), using: &random))
            while log.tail < goal { await Task.yield() }
            let manifest = try update(log)
            positions.append(manifest.position)
            let records = try restored("r\(backup)")
            let source = try Archive.records(log).filter { $0.key <= manifest.position }
            #expect(records == source && records.count == Int(manifest.position), "seed \(seed), backup \(backup)")
        }
        try await appending.value
        #expect(try positions == positions.sorted() && restored("last").count == Int(positions[2]), "seed \(seed)")
        log.close()
    }
}
