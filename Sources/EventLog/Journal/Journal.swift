internal import Glibc
internal import JourneyModel

/// Where small commits go first: a file of fixed size in which they are written one behind the other, with one flush each.
///
/// A commit to LMDB takes two flushes, of its data and then of its meta page. A file whose blocks are all there and written needs one, and
/// a lone client waits half as long. The file has two halves: while what one has is moved into the epoch, on a thread of its own, commits go on in
/// the other. Until it is moved it is in memory as well, so that whoever reads does not notice.
///
/// A frame is a commit, little-endian, at a multiple of 512 bytes so that no write touches one that was acknowledged:
///
///     0   u32  "JDJ1"
///     4   u32  CRC-32C of a word of the log's id and everything behind this field
///     8   u64  generation: how often a half was begun anew
///     16  u64  position of the first record
///     24  u32  how many records
///     28  u32  how many new names
///     32  u32  bytes that follow
///     36       the names, each u32 number, u32 length, text; the lengths of the records, u32 each; the records
struct Journal {
    /// Bytes of a half.
    static let half = 2 << 20
    static let capacity = 2 * half
    /// Larger commits gain nothing by it: what they wait for is not the flush.
    static let maximumCommit = 256 << 10

    private let file: JournalFile
    private let key: UInt64
    /// How much of a half is used.
    private let limit: Int
    // Where the next frame goes: in a half that began at `start`.
    private var start: Int
    private var offset: Int
    private var generation: UInt64
    /// Whether all that the other half has is in an epoch, durably.
    private(set) var canTurn: Bool
    // Made once: a large one costs more to get than to fill.
    private let frame = AlignedBuffer(capacity: 2 * maximumCommit)

    /// Opens the journal to be written, making it where it is missing.
    ///
    /// - Parameters:
    ///   - found: what is in it already.
    ///   - epochBytes: the size of an epoch, of which a half takes an eighth at most.
    init(path: String, key: UInt64, _ found: JournalContent, epochBytes: Int) throws(LogError) {
        file = try JournalFile(path, capacity: Journal.capacity)
        self.key = key
        limit = min(Journal.half, max(16 << 10, epochBytes / 8))
        (start, offset, generation, canTurn) = (found.start, found.end, found.generation, found.isInOneHalf)
    }

    /// How much is left in it while there is time to move it on.
    var comfortable: Int { limit / 4 }

    /// Flushes the file at `path`, if there is one.
    static func flush(_ path: String) throws(LogError) {
        let descriptor = unsafe open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        guard fdatasync(descriptor) == 0 else { throw .unusable("cannot flush \(path): \(SystemError.last)") }
    }

    /// Writes a commit durably, if it fits.
    ///
    /// - Returns: false where this half has no room for it.
    mutating func write(_ chunk: RecordChunk, names: [(number: UInt32, text: [UInt8])]) throws(LogError) -> Bool {
        guard takes(chunk), JournalFrame.write(chunk, names, generation, key: key, into: frame), offset + frame.count <= limit else {
            return false
        }
        try unsafe file.write(frame.bytes, at: start + offset)
        offset += frame.count
        return true
    }

    /// Whether a half that is empty has room for a commit, but for very many names.
    func takes(_ chunk: RecordChunk) -> Bool { chunk.bytes.count <= min(Journal.maximumCommit, limit / 2) }

    /// Goes on in the other half, of which nothing is needed any more.
    mutating func turn() {
        precondition(canTurn, "the other half has what no epoch has")
        (start, offset, generation, canTurn) = (Journal.half - start, 0, generation + 1, false)
    }

    /// What the other half has is in an epoch.
    mutating func freeOther() {
        canTurn = true
    }

    /// All of it is in an epoch: it begins anew.
    mutating func restart() {
        (offset, generation, canTurn) = (0, generation + 1, true)
    }
}

/// The journal's file, whose blocks are all written once, so that writing into it changes nothing but their content.
///
/// Nobody reads it before the next start, so what is written goes to the device at once and not through the system's cache, where the file
/// system can do that: a commit is spared a copy, and the search for what of the file is to be flushed.
private final class JournalFile: Sendable {
    // The C library shows O_DIRECT by this name to everybody, and by its own only to those who ask for all of Linux.
    private static let direct = __O_DIRECT

    private let descriptor: Int32
    private let path: String

    init(_ path: String, capacity: Int) throws(LogError) {
        if Epoch.size(path) != capacity { try DurableFile.replace(path, with: [UInt8](repeating: 0, count: capacity)) }
        let direct = unsafe open(path, O_RDWR | O_CLOEXEC | JournalFile.direct)
        descriptor = direct >= 0 ? direct : unsafe open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unusable("cannot open \(path): \(SystemError.last)") }
        self.path = path
    }

    deinit {
        close(descriptor)
    }

    /// Writes bytes that begin at an ``AlignedBuffer``'s beginning, durably.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(LogError) {
        var isWritten = unsafe WholeWrite.write(bytes, to: descriptor, at: offset)
        // A device with larger sectors than frames takes them only through the cache.
        if !isWritten, errno == EINVAL, writeThroughCache() { isWritten = unsafe WholeWrite.write(bytes, to: descriptor, at: offset) }
        guard isWritten else { throw failure() }
        // Whatever the reason, what was flushed of it is not known any more: the log must not go on.
        guard fdatasync(descriptor) == 0 else { throw .readOnly("\(path): \(SystemError.last)") }
    }

    private func writeThroughCache() -> Bool {
        let flags = fcntl(descriptor, F_GETFL)
        return flags >= 0 && flags & JournalFile.direct != 0 && fcntl(descriptor, F_SETFL, flags & ~JournalFile.direct) == 0
    }

    private func failure() -> LogError {
        errno == ENOSPC || errno == EDQUOT ? .full("\(path): \(SystemError.last)") : .readOnly("\(path): \(SystemError.last)")
    }
}
