import FoundationEssentials
import JourneyClient
import Testing

/// Events on disk: order, bounds, and what a process that ended in the midst of a write leaves.
@Suite final class SpoolTests {
    private let directory = "/tmp/j-\(UUID().uuidString.prefix(8))"
    private var options: SpoolOptions

    init() {
        options = SpoolOptions(directory: directory)
        options.segmentBytes = 200
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    private func line(_ number: Int) -> [UInt8] { Array(#"{"n":\#(number),"p":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}"#.utf8) }

    private var files: [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return names.filter { $0.hasSuffix(".spool") }.sorted()
    }

    /// Takes out all there is, a few at a time.
    private func drain(_ spool: inout Spool) throws -> (lines: [[UInt8]], damaged: Int) {
        var (lines, damaged): ([[UInt8]], Int) = ([], 0)
        while spool.load.events > 0 {
            let batch = try spool.first(.init(events: 3, bytes: 1_000))
            lines += batch.lines
            damaged += batch.damaged.count
            try spool.remove(batch)
        }
        return (lines, damaged)
    }

    @Test func whatGoesInComesOutAndFilesThatWereSentGo() throws {
        var spool = try Spool(options)
        for number in 0..<50 { try spool.append([line(number)]) }
        #expect(spool.load.events == 50 && files.count > 5)
        #expect(try drain(&spool).lines == (0..<50).map(line))
        #expect(spool.load == .init(events: 0, bytes: 0) && files.count == 1)
        try spool.append([line(50), line(51)])
        #expect(try drain(&spool).lines == [line(50), line(51)])
    }

    @Test(arguments: 0...12) func itGoesOnWhereItWas(taken: Int) throws {
        do {
            var spool = try Spool(options)
            for number in 0..<12 { try spool.append([line(number)]) }
            if taken > 0 { for _ in 0..<taken { try spool.remove(spool.first(.init(events: 1, bytes: 1))) } }
        }
        var spool = try Spool(options)
        #expect(spool.load.events == 12 - taken)
        try spool.append([line(12)])
        #expect(try drain(&spool).lines == (taken...12).map(line))
    }

    /// Wherever a write breaks off, what was written before it is there, and what comes after it.
    @Test func aLineThatWasNotFinishedIsCutOff() throws {
        options.segmentBytes = 1 << 20
        do {
            var spool = try Spool(options)
            for number in 0..<3 { try spool.append([line(number)]) }
        }
        let file = directory + "/" + (try #require(files.first))
        let bytes = Array(try Data(contentsOf: URL(filePath: file)))
        let (second, end) = (bytes.count / 3 * 2, bytes.count)
        for cut in second..<end {
            try Data(bytes[..<cut]).write(to: URL(filePath: file))
            var spool = try Spool(options)
            let batch = try spool.first(.init(events: 10, bytes: 1_000))
            #expect(batch.lines == [line(0), line(1)] && batch.damaged.isEmpty, "cut at \(cut)")
            try spool.append([line(9)])
            #expect(spool.load.events == 3)
            for name in files where !file.hasSuffix(name) { try FileManager.default.removeItem(atPath: directory + "/" + name) }
        }
    }

    @Test func aDamagedLineIsToldAndTheOthersAreRead() throws {
        do {
            var spool = try Spool(options)
            for number in 0..<10 { try spool.append([line(number)]) }
        }
        let file = directory + "/" + (try #require(files.first))
        var bytes = Array(try Data(contentsOf: URL(filePath: file)))
        bytes[20] ^= 1
        try Data(bytes).write(to: URL(filePath: file))
        var spool = try Spool(options)
        let (lines, damaged) = try drain(&spool)
        #expect(lines == (1..<10).map(line) && damaged == 1)
    }

    @Test func aCursorThatIsDamagedMeansFromTheBeginning() throws {
        options.segmentBytes = 1 << 20
        do {
            var spool = try Spool(options)
            for number in 0..<4 { try spool.append([line(number)]) }
            try spool.remove(spool.first(.init(events: 2, bytes: 1_000)))
        }
        try Data("nonsense\n".utf8).write(to: URL(filePath: directory + "/cursor"))
        var spool = try Spool(options)
        #expect(try drain(&spool).lines == (0..<4).map(line))
    }

    @Test func itIsBounded() throws {
        options.bytes = 300
        var spool = try Spool(options)
        #expect(spool.hasRoom(events: 1, bytes: 50))
        while spool.hasRoom(events: 1, bytes: 50) { try spool.append([line(1)]) }
        #expect(spool.load.bytes <= 300 && spool.load.events >= 4)
        try spool.remove(spool.first(.init(events: 1, bytes: 1)))
        #expect(spool.hasRoom(events: 1, bytes: 40))
    }
}
