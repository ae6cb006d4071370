import FoundationEssentials
import Glibc

/// The journal of `lostcache.c`: what was changed since the last power cut, and what each change replaced.
struct LostCacheJournal {
    enum Kind: UInt32 {
        case write = 1
        case cut, create, makeDirectory, rename, unlink, removeDirectory
    }

    /// A change. The numbers are those of `struct record`.
    struct Record {
        let kind: Kind
        let isDurable: Bool
        let file, other: UInt64
        let offset, length, oldSize, newSize: Int
        let first, second: String
        /// Where in the journal the replaced bytes lie.
        let saved: Range<Int>

        var isContent: Bool { kind == .write || kind == .cut }
    }

    private static let headerSize = 80
    private static let firstRecord = 4_096

    let bytes: [UInt8]
    /// In the order in which they were made; none that had changed nothing yet when the program ended.
    private(set) var records: [Record] = []
    /// Watched calls.
    let calls: Int

    /// Reads `DIRECTORY/journal`; where there is none, nothing was changed.
    ///
    /// - Throws: where a watched file was changed in a way that the library does not model: no power cut could be told from the truth.
    init(directory: String) throws {
        let descriptor = unsafe open(directory + "/journal", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { (bytes, calls) = ([], 0); return }
        defer { close(descriptor) }
        var header = [UInt8](repeating: 0, count: 544)
        guard unsafe pread(descriptor, &header, header.count, 0) == header.count else {
            throw Daemon.Failure(description: "\(directory) is not a journal")
        }
        calls = LostCacheJournal.number(header, 16)
        guard LostCacheJournal.number(header, 24) == 0 else {
            throw Daemon.Failure(description: "not modelled: \(String(decoding: header[32...].prefix { $0 != 0 }, as: UTF8.self))")
        }
        let end = LostCacheJournal.number(header, 8)
        var bytes = [UInt8](repeating: 0, count: end)
        guard unsafe pread(descriptor, &bytes, end, 0) == end else { throw Daemon.Failure(description: "\(directory) cannot be read") }
        self.bytes = bytes
        var at = LostCacheJournal.firstRecord
        while at < end {
            if let record = record(at) { records.append(record) }
            at += LostCacheJournal.number(bytes, at)
        }
    }

    private static func number(_ bytes: [UInt8], _ offset: Int, count: Int = 8) -> Int {
        (0..<count).reversed().reduce(0) { $0 << 8 | Int(bytes[offset + $1]) }
    }

    private func record(_ at: Int) -> Record? {
        func number(_ offset: Int, count: Int = 8) -> Int { LostCacheJournal.number(bytes, at + offset, count: count) }
        let state = number(12, count: 4)
        guard state != 0, let kind = Kind(rawValue: UInt32(number(8, count: 4))) else { return nil }
        let names = at + LostCacheJournal.headerSize
        let (first, second) = (number(68, count: 2), number(70, count: 2))
        let saved = names + first + second
        return Record(
            kind: kind, isDurable: state == 2, file: UInt64(number(16)), other: UInt64(number(72)), offset: number(32), length: number(40),
            oldSize: number(48), newSize: number(56), first: String(decoding: bytes[names..<(names + first)], as: UTF8.self),
            second: String(decoding: bytes[(names + first)..<saved], as: UTF8.self), saved: saved..<(saved + number(64, count: 4)))
    }
}
