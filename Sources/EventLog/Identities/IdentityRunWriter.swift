internal import JourneyModel

/// Writes an ``IdentityRun`` from entries that come sorted.
///
/// Memory: the filter, 10 bits an entry, and a page.
struct IdentityRunWriter: ~Copyable {
    private let range: ClosedRange<Position>
    private let log: LogID
    private var file: DurableFile
    private var filter: [UInt8]
    private var page: [UInt8] = []
    private var inPage = 0
    private var pages = 0

    /// - Parameters:
    ///   - path: the run's file; it appears when ``finish()`` returns.
    ///   - range: the positions that it will cover.
    ///   - entries: how many entries will come.
    init(path: String, range: ClosedRange<Position>, entries: Int, log: LogID) throws(LogError) {
        (self.range, self.log) = (range, log)
        filter = [UInt8](repeating: 0, count: IdentityFilter.bytes(entries))
        // The first page is the head's place; what it says is known at the end.
        file = try DurableFile(path, reserving: IdentityRun.pageSize)
    }

    /// Adds the next entry.
    mutating func add(_ entry: IdentityEntry) throws(LogError) {
        page.append(littleEndian: entry.hash)
        page.append(littleEndian: UInt32(truncatingIfNeeded: entry.position))
        page.append(UInt8(truncatingIfNeeded: entry.position >> 32))
        inPage += 1
        let block = 64 * Int(IdentityFilter.block(entry.hash, of: filter.count / 64))
        var bits = IdentityFilter.bits(entry.hash)
        for _ in 0..<IdentityFilter.probes {
            let bit = Int(bits & 511)
            filter[block + bit >> 3] |= 1 << UInt8(bit & 7)
            bits >>= 9
        }
        if inPage == IdentityRun.entriesPerPage { try flushPage() }
    }

    /// Completes the file and gives it its name.
    consuming func finish() throws(LogError) {
        if inPage > 0 { try flushPage() }
        let checksum = unsafe filter.withUnsafeBytes { unsafe Checksum.plain($0) }
        try file.append(all: filter)
        let head = RunHead(
            first: range.lowerBound, last: range.upperBound, pages: pages, filterBytes: filter.count, filterChecksum: checksum)
        try file.overwriteStart(head.bytes(log: log))
        try file.finish()
    }

    private mutating func flushPage() throws(LogError) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(IdentityRun.pageSize)
        bytes.append(littleEndian: UInt16(inPage))
        bytes += page
        bytes += [UInt8](repeating: 0, count: IdentityRun.pageSize - 4 - bytes.count)
        let checksum = unsafe bytes.withUnsafeBytes { unsafe Checksum.record(UInt64(pages), $0) }
        bytes.append(littleEndian: checksum)
        try file.append(all: bytes)
        page.removeAll(keepingCapacity: true)
        inPage = 0
        pages += 1
    }
}
