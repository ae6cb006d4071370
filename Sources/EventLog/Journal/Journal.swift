internal import Glibc
internal import JourneyModel

/// Where small commits go first: a file of fixed size in which they are written one behind the other, with one flush each.
///
/// A commit to LMDB takes two flushes, of its data and then of its meta page. A file whose blocks are all there and written needs one, and
/// a lone client waits half as long. What the journal has is moved into the epoch when it is full, or when nothing else is to be done, and
/// the file is used again from its start. Until then it is in memory as well, so that whoever reads does not notice.
///
/// A frame is a commit, little-endian, at a multiple of 512 bytes so that no write touches one that was acknowledged:
///
///     0   u32  "JDJ1"
///     4   u32  CRC-32C of a word of the log's id and everything behind this field
///     8   u64  generation: how often the file was begun anew
///     16  u64  position of the first record
///     24  u32  how many records
///     28  u32  how many new names
///     32  u32  bytes that follow
///     36       the names, each u32 number, u32 length, text; the lengths of the records, u32 each; the records
struct Journal {
    static let capacity = 2 << 20
    /// Larger commits gain nothing by it: what they wait for is not the flush.
    static let maximumCommit = 256 << 10
    /// How much is left in it while there is time to move it on.
    static let comfortable = 512 << 10

    private let file: JournalFile
    private let key: UInt64
    private var offset: Int
    private var generation: UInt64

    /// Opens the journal to be written, making it where it is missing.
    ///
    /// - Parameter found: what is in it already.
    init(path: String, key: UInt64, _ found: JournalContent) throws(LogError) {
        file = try JournalFile(path, capacity: Journal.capacity)
        self.key = key
        (offset, generation) = (found.end, found.generation)
    }

    /// Flushes the file at `path`, if there is one.
    static func flush(_ path: String) throws(LogError) {
        let descriptor = unsafe open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        guard fdatasync(descriptor) == 0 else { throw .unusable("cannot flush \(path): \(SystemError.last)") }
    }

    /// Writes a commit durably, if it fits.
    ///
    /// - Returns: false where there is no room for it.
    mutating func write(_ chunk: RecordChunk, names: [(number: UInt32, text: [UInt8])]) throws(LogError) -> Bool {
        guard chunk.bytes.count <= Journal.maximumCommit else { return false }
        let frame = JournalFrame.bytes(chunk, names, generation, key: key)
        guard offset + frame.count <= Journal.capacity else { return false }
        try file.write(frame, at: offset)
        offset += frame.count
        return true
    }

    /// All of it is in an epoch: it begins anew.
    mutating func restart() {
        (offset, generation) = (0, generation + 1)
    }
}

/// The journal's file, whose blocks are all written once, so that writing into it changes nothing but their content.
private final class JournalFile: Sendable {
    private let descriptor: Int32
    private let path: String

    init(_ path: String, capacity: Int) throws(LogError) {
        if Epoch.size(path) != capacity { try DurableFile.replace(path, with: [UInt8](repeating: 0, count: capacity)) }
        descriptor = unsafe open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unusable("cannot open \(path): \(SystemError.last)") }
        self.path = path
    }

    deinit {
        close(descriptor)
    }

    func write(_ bytes: [UInt8], at offset: Int) throws(LogError) {
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { bytes in
                unsafe pwrite(descriptor, bytes.baseAddress.map { unsafe $0 + written }, bytes.count - written, off_t(offset + written))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure() }
            written += count
        }
        // Whatever the reason, what was flushed of it is not known any more: the log must not go on.
        guard fdatasync(descriptor) == 0 else { throw .readOnly("\(path): \(SystemError.last)") }
    }

    private func failure() -> LogError {
        errno == ENOSPC || errno == EDQUOT ? .full("\(path): \(SystemError.last)") : .readOnly("\(path): \(SystemError.last)")
    }
}
