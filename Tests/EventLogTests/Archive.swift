import EventLog
import JourneyModel
import TestSupport

/// An archive of a backup, as bytes.
struct Archive {
    var bytes: [UInt8] = []

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    init(_ backup: Backup) throws {
        var bytes: [UInt8] = []
        try backup.write { piece in
            bytes += piece
            return true
        }
        self.bytes = bytes
    }

    func prefix(_ count: Int) -> Archive { Archive(Array(bytes.prefix(count))) }

    /// Hands it on in pieces of changing sizes, which must not matter.
    @discardableResult
    func send(to receiver: any BackupReceiver) throws -> BackupManifest {
        var reader = ArchiveReader("the archive", to: receiver)
        var random = Seeded(seed: UInt64(bytes.count))
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = rest.prefix(Int.random(in: 1...20_000, using: &random))
            rest = rest.dropFirst(piece.count)
            try reader.feed(Array(piece))
        }
        return try reader.finish()
    }

    /// All records of a log, byte by byte.
    static func records(_ log: EventLog) throws -> [Position: [UInt8]] {
        var records: [Position: [UInt8]] = [:]
        try log.read(after: 0) { (record, bytes) in
            records[record.position] = bytes.bytes()
            return true
        }
        return records
    }

    /// All records of the log in a directory, which is left as it is.
    static func records(_ path: String) throws -> [Position: [UInt8]] {
        let directory = try DataDirectory(existing: path, for: "test")
        return try records(EventLog(reading: directory))
    }
}
