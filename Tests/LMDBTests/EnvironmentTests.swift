import FoundationEssentials
import LMDB
import Testing

/// An environment on a temporary directory that goes with the test.
struct Scratch: ~Copyable {
    let directory: URL
    let environment: Environment

    init(mapSize: Int = 1 << 24) throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "lmdb-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        environment = try Environment(directory: directory.path, mapSize: mapSize, databases: 4)
    }

    deinit {
        try? FileManager.default.removeItem(at: directory)
    }
}

@Suite struct EnvironmentTests {
    @Test func appendedEntriesComeBackInKeyOrder() throws {
        let scratch = try Scratch()
        let database = try scratch.environment.database("numbers")
        try scratch.environment.write { transaction throws(LMDBError) in
            for number in UInt64(250)...260 {
                try unsafe transaction.append(database, .number(number), count: 1) { target in
                    unsafe target.storeBytes(of: UInt8(truncatingIfNeeded: number), as: UInt8.self)
                }
            }
        }
        var seen: [UInt64] = []
        var values: [UInt8] = []
        try scratch.environment.read { transaction throws(LMDBError) in
            try transaction.scan(database, from: .number(255)) { key, value in
                seen.append(Key.number(key))
                values.append(value[0])
                return seen.count < 4
            }
        }
        // 255 → 256 crosses a byte: a little-endian key would come back out of order here.
        #expect(seen == [255, 256, 257, 258])
        #expect(values == [255, 0, 1, 2])
        let last = try scratch.environment.read { transaction throws(LMDBError) in try transaction.lastNumber(database) }
        #expect(last == 260)
    }

    @Test func appendOutOfOrderIsRefused() throws {
        let scratch = try Scratch()
        let database = try scratch.environment.database("numbers")
        let error = #expect(throws: LMDBError.self) {
            try scratch.environment.write { transaction throws(LMDBError) in
                try unsafe transaction.append(database, .number(7), count: 0) { _ in }
                try unsafe transaction.append(database, .number(6), count: 0) { _ in }
            }
        }
        #expect(error?.kind == .keyExists)
        let count = try scratch.environment.read { transaction throws(LMDBError) in try transaction.count(database) }
        #expect(count == 0, "a transaction that throws leaves nothing behind")
    }

    @Test func aFullMapIsAnErrorAndReadsGoOn() throws {
        let scratch = try Scratch(mapSize: 1 << 18)
        let database = try scratch.environment.database("big")
        let value = [UInt8](repeating: 7, count: 3000)
        try scratch.environment.write { transaction throws(LMDBError) in
            try transaction.put(database, .text("kept"), value.span)
        }
        let error = #expect(throws: LMDBError.self) {
            try scratch.environment.write { transaction throws(LMDBError) in
                for number in UInt64(0)..<1000 { try transaction.put(database, .number(number), value.span) }
            }
        }
        #expect(error?.kind == .full)
        let kept = try scratch.environment.read { transaction throws(LMDBError) in
            try transaction.value(database, .text("kept")) { $0.count }
        }
        #expect(kept == 3000)
    }

    @Test func aReaderKeepsItsSnapshotWhileAWriterCommits() throws {
        let scratch = try Scratch()
        let database = try scratch.environment.database("numbers")
        let environment = scratch.environment
        try environment.read { transaction throws(LMDBError) in
            let before = try transaction.count(database)
            // Possible on one thread because readers are not tied to threads (MDB_NOTLS).
            try environment.write { writer throws(LMDBError) in try writer.put(database, .number(1), [1].span) }
            let after = try transaction.count(database)
            #expect(before == 0 && after == 0)
        }
        let count = try environment.read { transaction throws(LMDBError) in try transaction.count(database) }
        #expect(count == 1)
    }

    @Test func aFileThatIsNotLMDBsIsNamedDamaged() throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "lmdb-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        try Data(repeating: 0x5a, count: 16384).write(to: directory.appending(path: "data.mdb"))
        let error = #expect(throws: LMDBError.self) {
            _ = try Environment(directory: directory.path, mapSize: 1 << 20, databases: 1)
        }
        #expect(error?.kind == .damaged)
    }

    @Test func deletingWhatIsNotThereIsNoError() throws {
        let scratch = try Scratch()
        let database = try scratch.environment.database("numbers")
        try scratch.environment.write { transaction throws(LMDBError) in
            try transaction.put(database, .number(1), [1].span)
            try transaction.delete(database, .number(1))
            try transaction.delete(database, .number(1))
        }
        let value = try scratch.environment.read { transaction throws(LMDBError) in
            try transaction.value(database, .number(1)) { $0.count }
        }
        #expect(value == nil)
    }
}
