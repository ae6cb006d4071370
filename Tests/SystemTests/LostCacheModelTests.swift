import FoundationEssentials
import Glibc
import TestSupport
import Testing

/// The model of the disk itself: a program does to files what it is told, ends, and the power is cut.
@Suite struct LostCacheModelTests {
    private static let compiled = Result { try LostCache() }

    private let disk: LostCache
    private let scratch: Scratch
    private var root: String { scratch.path + "/root" }
    private var journal: String { scratch.path + "/journal" }

    init() throws {
        disk = try Self.compiled.get()
        scratch = try Scratch()
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    }

    /// Runs the probe in `root`; names in its steps begin with a slash.
    ///
    /// - Returns: the steps done, and the signal that ended it.
    @discardableResult
    private func run(
        _ steps: String, killAt: Int? = nil, seed: UInt64 = 0, lie: LostCache.Lie? = nil
    ) throws -> (done: [String], signal: Int32) {
        let words = steps.split(separator: " ").map { $0.hasPrefix("/") ? root + $0 : String($0) }
        let process = try Program.spawn(
            disk.probe, words, standardError: scratch.path + "/errors", standardOutput: scratch.path + "/steps",
            environment: try disk.environment(root: root, journal: journal, killAt: killAt, seed: seed, lie: lie))
        var status: Int32 = 0
        unsafe waitpid(process, &status, 0)
        let errors = try String(contentsOfFile: scratch.path + "/errors", encoding: .utf8)
        #expect(errors.isEmpty, "\(errors)")
        let done = try String(contentsOfFile: scratch.path + "/steps", encoding: .utf8).split(separator: "\n").map(String.init)
        return (done, status & 0x7F)
    }

    private func cut(_ mode: LostCachePowerCut.Mode = .dropAll, seed: UInt64 = 1) throws {
        var random = Seeded(seed: seed)
        try LostCachePowerCut(journal: journal, mode: mode, random: &random)
    }

    private func text(_ name: String) -> String? {
        try? String(contentsOfFile: root + name, encoding: .utf8)
    }

    @Test func whatWasFlushedStaysAndWhatWasNotGoes() throws {
        let end = try run("write /a 0 AAAA flush /a directory / write /a 0 BBBB write /a 4 CCCC kill")
        #expect(end.signal == SIGKILL && text("/a") == "BBBBCCCC", "readers see a write at once")
        try cut()
        #expect(text("/a") == "AAAA")
    }

    @Test func allMayBeKept() throws {
        try run("write /a 0 AAAA flush /a write /a 0 BBBB kill")
        try cut(.keepAll)
        #expect(text("/a") == "BBBB")
    }

    @Test func aWriteThroughDSyncIsDurableAndFlushesNoOther() throws {
        let page = String(repeating: "P", count: 600)
        try run("write /a 0 \(page) flush /a directory / write /a 0 lost dsync /a 512 kept kill")
        try cut()
        #expect(text("/a") == page.prefix(512) + "kept" + page.suffix(84))
    }

    @Test func aNameIsDurableWhenItsDirectoryWasFlushed() throws {
        try run("write /a 0 AAAA flush /a write /b 0 BBBB directory / write /c 0 CCCC flush /c make /d kill")
        try cut()
        #expect(text("/a") == "AAAA")
        #expect(text("/b") == "", "its name was flushed, its bytes were not")
        #expect(text("/c") == nil && !FileManager.default.fileExists(atPath: root + "/d"))
    }

    @Test func renamesAndRemovalsAreTakenBack() throws {
        try run("write /a 0 old flush /a write /b 0 gone flush /b directory /")
        try run("write /n 0 new flush /n rename /n /a unlink /b cut /a 1 kill")
        #expect(text("/a") == "n" && text("/b") == nil)
        try cut()
        #expect(text("/a") == "old" && text("/b") == "gone" && text("/n") == nil)
    }

    @Test func aRenameMayOutliveTheBytes() throws {
        try run("write /a 0 old flush /a directory / write /n 0 new rename /n /a directory / kill")
        try cut()
        #expect(text("/a") == "", "replaced by a file that was never flushed")
    }

    @Test func flushesThatLieKeepNothing() throws {
        // A sector that was written through O_DSYNC is on the disk with all that was written in it before.
        for (lie, expected) in [(LostCache.Lie.file, "BBAA"), (.dsync, "AAAA"), (.directory, nil), (.all, nil)] {
            try run("write /a 0 AAAA flush /a dsync /a 0 BB directory / kill", lie: lie)
            try cut()
            #expect(text("/a") == expected, "\(lie)")
            try? FileManager.default.removeItem(atPath: root + "/a")
        }
    }

    @Test func sectorsAreTornOneByOne() throws {
        let (old, new) = (String(repeating: "o", count: 4_096), String(repeating: "n", count: 4_096))
        var seen: Set<String> = []
        for seed in 1...20 {
            try run("write /a 0 \(old) flush /a directory / write /a 0 \(new) kill")
            try cut(.anySectors, seed: UInt64(seed))
            let content = try #require(text("/a"))
            #expect(content.count == 4_096)
            var sectors = ""
            for start in stride(from: 0, to: 4_096, by: 512) {
                let sector = Set(content.dropFirst(start).prefix(512))
                #expect(sector.count == 1, "a sector is whole")
                sectors += sector.map(String.init).joined()
            }
            seen.insert(sectors)
        }
        #expect(seen.count > 10, "\(seen)")
    }

    @Test func aSectorShowsNoWriteWithoutThoseBeforeIt() throws {
        var seen: Set<String> = []
        for seed in 1...40 {
            try run("write /a 0 .... flush /a directory / write /a 0 1 write /a 1 2 write /a 2 3 kill")
            try cut(.anyWrites, seed: UInt64(seed))
            seen.insert(text("/a") ?? "none")
            try FileManager.default.removeItem(atPath: root + "/a")
        }
        #expect(seen == ["....", "1...", "12..", "123."])
    }

    @Test func aProgramEndsInsideTheCallItIsTold() throws {
        var lengths: Set<Int> = []
        let size = 8 * LostCachePowerCut.sector
        let written = String(repeating: "B", count: size)
        // The calls: creation, write, flush, flush of the directory, write.
        for seed in 1...40 {
            let end = try run("write /a 0 AAAA flush /a directory / write /a 0 \(written)", killAt: 5, seed: UInt64(seed))
            #expect(end.signal == SIGKILL && end.done == ["write", "flush", "directory"])
            lengths.insert(text("/a")?.count { $0 == "B" } ?? -1)
            try cut()
            #expect(text("/a") == "AAAA")
            try FileManager.default.removeItem(atPath: root + "/a")
        }
        #expect(lengths.contains(0) && lengths.contains(size) && lengths.count > 4, "\(lengths)")
        #expect(lengths.allSatisfy { $0 % LostCachePowerCut.sector == 0 }, "a sector is whole: \(lengths)")
    }

    @Test func flushesReachWhatAnEarlierProgramWrote() throws {
        try run("write /a 0 AAAA directory / kill")
        try run("flush /a write /a 0 BBBB kill")
        try cut()
        #expect(text("/a") == "AAAA")
    }
}
