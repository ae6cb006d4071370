import EventLog
import FoundationEssentials
import JourneyModel
import TestSupport
import Testing

/// An archive may come from anywhere: what is not just what a daemon would send is refused, and nothing is written elsewhere.
@Suite struct HostileArchiveTests {
    private let scratch: Scratch
    private let archive: Archive

    init() async throws {
        scratch = try Scratch()
        let reader = EventReader(catalogue: try .shipped())
        let log = try EventLog(directory: DataDirectory(path: scratch.path + "/data"), options: .small)
        for epoch in 0..<2 {
            _ = try await log.appendAndWait(reader.batch((0..<5).map { eventJSON("\(epoch)-\($0)") })).get()
            if epoch == 0 { try log.endEpochAndWait() }
        }
        while log.sealedEpochs < 1 { await Task.yield() }
        archive = try Archive(log.backup())
        log.close()
    }

    private func expectRefused(_ archive: Archive, _ what: String) {
        let target = scratch.path + "/in/restored"
        try? FileManager.default.createDirectory(atPath: scratch.path + "/in", withIntermediateDirectories: true)
        #expect(throws: LogError.self, "\(what)") { try archive.send(to: Restore(to: target) { _ in }) }
        #expect(!FileManager.default.fileExists(atPath: target), "\(what)")
        #expect(throws: LogError.self, "\(what)") { try archive.send(to: BackupDirectory(writing: scratch.path + "/kept")) }
        #expect(!FileManager.default.fileExists(atPath: scratch.path + "/kept/manifest"), "\(what)")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: scratch.path).sorted()) ?? []
        #expect(names == ["data", "in", "kept"], "\(what) wrote elsewhere")
        #expect((try? FileManager.default.contentsOfDirectory(atPath: scratch.path + "/in")) ?? [] != ["x"], "\(what)")
    }

    /// Where the header of each member begins.
    private var headers: [Int] {
        var (offsets, offset): ([Int], Int) = ([], 0)
        while archive.bytes[offset] != 0 {
            offsets.append(offset)
            let size = Int(String(decoding: archive.bytes[(offset + 124)..<(offset + 135)], as: UTF8.self), radix: 8) ?? 0
            offset += 512 + (size + 511) / 512 * 512
        }
        return offsets
    }

    /// The archive with another header at `offset`, whose checksum is right.
    private func changing(_ offset: Int, _ change: (inout [UInt8]) -> Void) -> Archive {
        var header = Array(archive.bytes[offset..<(offset + 512)])
        change(&header)
        header.replaceSubrange(148..<156, with: [UInt8](repeating: 32, count: 8))
        let sum = String(header.reduce(0) { $0 + Int($1) }, radix: 8)
        header.replaceSubrange(148..<155, with: Array((String(repeating: "0", count: 6 - sum.utf8.count) + sum + "\0").utf8))
        var bytes = archive.bytes
        bytes.replaceSubrange(offset..<(offset + 512), with: header)
        return Archive(bytes)
    }

    private func put(_ text: String, at offset: Int, width: Int, in header: inout [UInt8]) {
        let bytes = Array(text.utf8) + [UInt8](repeating: 0, count: width - text.utf8.count)
        header.replaceSubrange(offset..<(offset + width), with: bytes)
    }

    @Test func theArchiveItselfIsGood() throws {
        #expect(headers.count == 9, "manifest, format, about and data twice, one seal, keys, digest")
        #expect(try archive.send(to: Restore(to: scratch.path + "/restored") { _ in }).position == 10)
    }

    @Test func membersOfOtherNamesKindsAndSizesAreRefused() {
        for (number, offset) in headers.enumerated() {
            for name in [
                "../x", "/tmp/x", "log/../../x", "log/00000001/../../../x", "key", "lock", "log/00000009/data.mdb", "./format", "x", "",
            ] {
                expectRefused(changing(offset) { put(name, at: 0, width: 100, in: &$0) }, "member \(number) named '\(name)'")
            }
            for kind in Array("123456gxLKS".utf8) {
                expectRefused(changing(offset) { $0[156] = kind }, "member \(number) of kind \(Character(UnicodeScalar(kind)))")
            }
            expectRefused(changing(offset) { put("../..", at: 345, width: 155, in: &$0) }, "member \(number) with a prefix")
            for size in ["00000000000", "77777777777", "00000000001", "-0000000001", "zzz", "99999999999"] {
                expectRefused(changing(offset) { put(size, at: 124, width: 12, in: &$0) }, "member \(number) of size \(size)")
            }
            expectRefused(changing(offset) { $0[124] = 0x80 }, "member \(number) with a binary size")
        }
    }

    @Test func membersThatAreMissingDoubledOrExchangedAreRefused() {
        let ends = headers.dropFirst() + [archive.bytes.count - 1_024]
        let members = zip(headers, ends).map { Array(archive.bytes[$0..<$1]) }
        let end = [UInt8](repeating: 0, count: 1_024)
        for number in members.indices {
            expectRefused(
                Archive(Array(members[..<number].joined()) + Array(members[(number + 1)...].joined()) + end), "without member \(number)")
            let doubled = members[...number] + members[number...]
            expectRefused(Archive(Array(doubled.joined()) + end), "member \(number) twice")
            guard number > 0 else { continue }
            var exchanged = members
            exchanged.swapAt(number - 1, number)
            expectRefused(Archive(Array(exchanged.joined()) + end), "members \(number - 1) and \(number) exchanged")
        }
        expectRefused(Archive(archive.bytes + [1]), "something behind the end")
        expectRefused(Archive([]), "nothing")
        expectRefused(Archive(Array("{\"status\": 500}".utf8)), "no archive")
        expectRefused(Archive([UInt8](repeating: 0, count: 10_240)), "only zeros")
    }

    /// Every bit up to the digest and in it counts: whichever is flipped, nothing is restored.
    @Test func anArchiveWithAnyBitFlippedIsRefused() throws {
        var random = Seeded(seed: 11)
        let digest = try #require(headers.last)
        for round in 0..<600 {
            // Half of them in or near a header, as most bytes are records'.
            let header = try #require(headers.randomElement(using: &random))
            let anywhere = Int.random(in: 0..<digest, using: &random)
            let offset = round % 2 == 0 ? anywhere : min(header + Int.random(in: 0..<600, using: &random), digest + 512 + 64)
            guard !(digest..<(digest + 512)).contains(offset) else { continue }
            var flipped = archive
            flipped.bytes[offset] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            let target = "\(scratch.path)/restored-\(round)"
            #expect(throws: LogError.self, "a bit of byte \(offset)") { try flipped.send(to: Restore(to: target) { _ in }) }
            #expect(!FileManager.default.fileExists(atPath: target), "a bit of byte \(offset)")
        }
    }

    @Test func anArchiveThatWasCutIsRefused() {
        var random = Seeded(seed: 13)
        for _ in 0..<60 {
            let count = Int.random(in: 0..<(archive.bytes.count - 1_024), using: &random)
            #expect(throws: LogError.self, "\(count) bytes") {
                try archive.prefix(count).send(to: Restore(to: scratch.path + "/restored") { _ in })
            }
        }
        #expect(!FileManager.default.fileExists(atPath: scratch.path + "/restored"))
    }
}
