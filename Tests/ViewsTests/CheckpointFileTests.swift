import EventLog
import Foundation
import JourneyModel
import LMDB
import TestSupport
import Testing
import Views

/// The file of entries that a checkpoint names, where it names something else.
@Suite struct CheckpointFileTests {
    /// Where a checkpoint has the name.
    private static let file: UInt64 = 7

    private let scratch: Scratch
    private let reader: EventReader

    init() throws {
        scratch = try Scratch()
        reader = EventReader(catalogue: try .shipped())
    }

    @Test(arguments: [
        "../victim", "entries./../../victim", "entries.1/../../victim", "entries.", "entries.-1", "entries.01",
        "entries.9223372036854775807", "",
    ])
    func aNameThatIsNoFileOfEntriesIsNotOpenedAndAllIsReplayed(name: String) async throws {
        let victim = scratch.path + "/data/victim"
        let lead = eventJSON("lead", type: "marketing.lead.qualified", subject: "lead:1", data: #"{"lead_id":"1"}"#)
        let before = try await answer { house in _ = try await house.log.appendAndWait(reader.batch([lead])).get() }
        try Data("precious".utf8).write(to: URL(filePath: victim))
        #expect(try self.name(ofFileBecomes: name).hasPrefix("entries."))
        #expect(try await answer() == before)
        #expect(try Data(contentsOf: URL(filePath: victim)) == Data("precious".utf8))
        // The next checkpoint is whole again.
        #expect(try self.name(ofFileBecomes: nil).hasPrefix("entries."))
        #expect(try await answer() == before)
        #expect(FileManager.default.fileExists(atPath: victim))
    }

    private func answer(_ prepare: (House) async throws -> Void = { _ in }) async throws -> String {
        let house = try await House.open(scratch)
        defer { house.close() }
        try await prepare(house)
        await house.caughtUp()
        var query = ViewQuery()
        query.at = Timestamp("2026-12-01T00:00:00Z")
        return String(decoding: try house.views.funnel(query), as: UTF8.self)
    }

    /// Tells the name in the checkpoint, and puts another one there, with its checksum.
    private func name(ofFileBecomes name: String?) throws -> String {
        let environment = try Environment(directory: scratch.path + "/data/views", mapSize: 1 << 26, databases: 8)
        let about = try environment.database("about")
        let old = try environment.read { transaction throws(LMDBError) in
            try transaction.value(about, .number(Self.file)) { stored throws(LMDBError) in
                String(decoding: (4..<stored.count).map { stored[$0] }, as: UTF8.self)
            }
        }
        if let name {
            let text = Array(name.utf8)
            let checksum = unsafe text.withUnsafeBytes { unsafe Checksum.record(Self.file, $0) }
            let stored = (0..<4).map { UInt8(truncatingIfNeeded: checksum >> UInt32(8 * $0)) } + text
            try environment.write { transaction throws(LMDBError) in try transaction.put(about, .number(Self.file), stored.span) }
        }
        return try #require(old)
    }
}
