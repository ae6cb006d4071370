import FoundationEssentials
import Glibc
import LMDB
import TestSupport
import Testing

/// A file that is as LMDB wrote it passes; one that is not is named, or reads the same.
@Suite struct StructureCheckTests {
    /// What a reader finds: keys, and how long their values are.
    private struct Contents: Equatable {
        /// A value is not what was stored under its key: its owner's checksum tells, which the structure's check may leave it to.
        struct ValueFault: Error {}

        var entries: [[[UInt8]]] = []

        init(_ environment: Environment, _ names: [String]) throws {
            let databases = try names.map { try environment.database($0) }
            var isIntact = true
            try environment.read { transaction throws(LMDBError) in
                for database in databases {
                    var keys: [[UInt8]] = []
                    try transaction.scan(database, from: .number(0)) { (key, value) in
                        let bytes = (0..<key.count).map { key[$0] }
                        isIntact = isIntact && Key.number(value) == StructureCheckTests.checksum(bytes, value.count)
                        keys.append(bytes + Array("\(value.count)".utf8))
                        return true
                    }
                    entries.append(keys)
                }
            }
            guard isIntact else { throw ValueFault() }
        }
    }

    /// FNV-1a of a key and its value's length, which the value begins with.
    private static func checksum(_ key: [UInt8], _ count: Int) -> UInt64 {
        (key + Array("\(count)".utf8)).reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    private static func value(_ key: [UInt8], _ count: Int) -> [UInt8] {
        let checksum = checksum(key, count)
        return (0..<count).map { $0 < 8 ? UInt8(truncatingIfNeeded: checksum >> UInt64(56 - 8 * $0)) : 0x5A }
    }

    private static let names = ["events", "names", "empty"]

    /// An environment with branches, overflow pages, free pages and a database that has no entries.
    private static func fill(_ environment: Environment, _ random: inout Seeded, commits: Int) throws {
        let databases = try names.map { try environment.database($0) }
        var next = (try environment.read { transaction throws(LMDBError) in try transaction.lastNumber(databases[0]) } ?? 0) + 1
        for _ in 0..<commits {
            try environment.write { transaction throws(LMDBError) in
                for _ in 0..<Int.random(in: 0...40, using: &random) {
                    let key = (0..<8).map { UInt8(truncatingIfNeeded: next >> UInt64(56 - 8 * $0)) }
                    let value = value(key, .random(in: 8...200, using: &random))
                    try unsafe transaction.append(databases[0], .number(next), count: value.count) { unsafe $0.copyBytes(from: value) }
                    next += 1
                }
                for _ in 0..<Int.random(in: 0...6, using: &random) {
                    let key = "name-\(Int.random(in: 0..<60, using: &random))"
                    if Bool.random(using: &random) {
                        try transaction.delete(databases[1], .text(key))
                    } else {
                        let isSmall = Bool.random(using: &random)
                        let value = value(
                            Array(key.utf8), isSmall ? .random(in: 8...60, using: &random) : .random(in: 1_900...9_000, using: &random))
                        try transaction.put(databases[1], .text(key), value.span)
                    }
                }
                if Int.random(in: 0..<40, using: &random) == 0 { try transaction.empty(databases[1]) }
            }
        }
    }

    /// Numbers of a new seed, which is printed, or of SEED.
    private static func random(_ name: String) -> Seeded {
        let seed = ProcessInfo.processInfo.environment["SEED"].flatMap { UInt64($0) } ?? .random(in: 1...1_000_000_000)
        print("\(name): SEED=\(seed)")
        return Seeded(seed: seed)
    }

    private static func open(_ directory: String) throws -> Environment {
        try Environment(directory: directory, mapSize: 1 << 24, databases: 4)
    }

    @Test(arguments: 0..<12) func whatLMDBWritesPasses(round: Int) throws {
        var random = Self.random("structure")
        let directory = try TestSupport.Scratch()
        for _ in 0..<6 {
            let environment = try Self.open(directory.path)
            try environment.check()
            try Self.fill(environment, &random, commits: .random(in: 1...60, using: &random))
            try environment.check()
        }
        _ = try Contents(try Self.open(directory.path), Self.names)
    }

    @Test func aCommitOfNothingIsNone() throws {
        let directory = try TestSupport.Scratch()
        let environment = try Self.open(directory.path)
        let database = try environment.database("events")
        func bytes() throws -> Data { try Data(contentsOf: directory.url.appending(path: "data.mdb")) }
        let before = try bytes()
        try environment.write { transaction throws(LMDBError) in _ = try transaction.value(database, .number(1)) { _ in } }
        _ = try environment.database("events")
        #expect(try bytes() == before)
    }

    @Test func aFlippedBitIsNamedOrChangesNothing() throws {
        var random = Self.random("flips")
        let (directory, copy) = (try TestSupport.Scratch(), try TestSupport.Scratch())
        var contents: Contents?
        do {
            let environment = try Self.open(directory.path)
            try Self.fill(environment, &random, commits: 60)
            contents = try Contents(environment, Self.names)
        }
        let sound = [UInt8](try Data(contentsOf: directory.url.appending(path: "data.mdb")))
        let file = copy.url.appending(path: "data.mdb")
        var named = 0
        for flip in 0..<2_000 {
            var bytes = sound
            // Every second flip hits a page's header, its slots, or a meta page, where most of the structure is.
            let page = flip % 8 == 1 ? Int.random(in: 0...1, using: &random) : .random(in: 0..<(bytes.count / 4096), using: &random)
            let byte = page * 4096 + (flip % 2 == 1 ? Int.random(in: 0..<152, using: &random) : .random(in: 0..<4096, using: &random))
            bytes[byte] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            try Data(bytes).write(to: file)
            do {
                let environment = try Self.open(copy.path)
                #expect(try Contents(environment, Self.names) == contents, "byte \(byte % 4096) of page \(byte / 4096) was changed")
            } catch let error as LMDBError {
                #expect(error.kind == .damaged && error.damage != nil, "\(error) for byte \(byte)")
                named += 1
            } catch is Contents.ValueFault {}
        }
        #expect(named > 300)
    }

    @Test func theCommitBeforeDoesNotComeBack() throws {
        let directory = try TestSupport.Scratch()
        do {
            let environment = try Self.open(directory.path)
            let database = try environment.database("events")
            for number in UInt64(1)...6 {
                try environment.write { transaction throws(LMDBError) in
                    try unsafe transaction.append(database, .number(number), count: 0) { _ in }
                }
            }
        }
        let file = directory.url.appending(path: "data.mdb")
        let sound = [UInt8](try Data(contentsOf: file))
        // The number of a meta page's transaction is at byte 144: all that a flipped bit can make of both.
        for byte in (144..<152).flatMap({ [$0, $0 + 4096] }) {
            for bit in UInt8(0)..<8 {
                var bytes = sound
                bytes[byte] ^= 1 << bit
                try Data(bytes).write(to: file)
                #expect(throws: LMDBError.self, "bit \(bit) of byte \(byte)") { _ = try Self.open(directory.path) }
            }
        }
    }

    @Test func aCutFileIsNamed() throws {
        var random = Self.random("cuts")
        let (directory, copy) = (try TestSupport.Scratch(), try TestSupport.Scratch())
        var contents: Contents?
        do {
            let environment = try Self.open(directory.path)
            try Self.fill(environment, &random, commits: 20)
            contents = try Contents(environment, Self.names)
        }
        let sound = [UInt8](try Data(contentsOf: directory.url.appending(path: "data.mdb")))
        for _ in 0..<300 {
            let count = Int.random(in: 1..<sound.count, using: &random)
            try Data(sound[..<count]).write(to: copy.url.appending(path: "data.mdb"))
            do {
                let environment = try Self.open(copy.path)
                #expect(try Contents(environment, Self.names) == contents, "cut to \(count) bytes")
            } catch let error as LMDBError {
                #expect(error.kind == .damaged, "\(error)")
            } catch is Contents.ValueFault {}
        }
    }

    @Test func anyBytesAreSafe() throws {
        var random = Self.random("bytes")
        let (directory, copy) = (try TestSupport.Scratch(), try TestSupport.Scratch())
        do {
            try Self.fill(try Self.open(directory.path), &random, commits: 60)
        }
        let sound = [UInt8](try Data(contentsOf: directory.url.appending(path: "data.mdb")))
        let file = copy.url.appending(path: "data.mdb")
        var named = 0
        for _ in 0..<1_500 {
            var bytes = sound
            // Pages in each other's place, runs of other bytes, and numbers at the ends of their range.
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let start = Int.random(in: 0..<(bytes.count - 4096), using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0:
                    let (from, to) = (start / 4096 * 4096, Int.random(in: 0..<(bytes.count / 4096), using: &random) * 4096)
                    bytes.replaceSubrange(to..<(to + 4096), with: sound[from..<(from + 4096)])
                case 1:
                    for index in start..<(start + .random(in: 1...64, using: &random)) {
                        bytes[index] = .random(in: 0...255, using: &random)
                    }
                default:
                    let page = start / 4096 * 4096 + Int.random(in: 0..<80, using: &random) * 2
                    for index in page..<(page + [1, 2, 4, 8][Int.random(in: 0..<4, using: &random)]) { bytes[index] = 0xFF }
                }
            }
            try Data(bytes).write(to: file)
            do {
                _ = try Contents(try Self.open(copy.path), Self.names)
            } catch let error as LMDBError {
                #expect(error.kind == .damaged, "\(error)")
                named += 1
            } catch is Contents.ValueFault {}
        }
        #expect(named > 750)
    }

    @Test func aFileInUseIsChecked() throws {
        let directory = try TestSupport.Scratch()
        let environment = try Self.open(directory.path)
        let database = try environment.database("events")
        for number in UInt64(1)...500 {
            try environment.write { transaction throws(LMDBError) in
                try unsafe transaction.append(database, .number(number), count: 40) {
                    unsafe $0.initializeMemory(as: UInt8.self, repeating: 1)
                }
            }
            if number % 50 == 0 { try environment.check() }
        }
        // The root of the events is the page that was written last but one; any page's own number will do.
        let file = unsafe Glibc.open(directory.path + "/data.mdb", O_WRONLY)
        defer { close(file) }
        for page in 2..<20 { unsafe pwrite(file, [UInt8(0xEE)], 1, off_t(page * 4096)) }
        let error = #expect(throws: LMDBError.self) { try environment.check() }
        #expect(error?.damage?.page != nil)
    }
}
