internal import JourneyModel

/// Writes an ``IdentityRun`` from entries that come sorted.
///
/// Memory: the filter, 14 bits an entry, and a page.
struct IdentityRunWriter: ~Copyable {
    private let range: ClosedRange<Position>
    private let log: LogID
    private var file: DurableFile
    private var filter: [UInt8]
    private var page = IdentityRunWriter.emptyPage
    private var inPage = 0
    private var pages = 0

    private static let emptyPage = [UInt8](repeating: 0, count: IdentityRun.pageSize)

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
        let place = IdentityRun.pageHead + inPage * IdentityRun.entrySize
        unsafe page.withUnsafeMutableBytes { page in
            unsafe page.storeBytes(of: entry.hash.littleEndian, toByteOffset: place, as: UInt64.self)
            unsafe page.storeBytes(of: UInt32(truncatingIfNeeded: entry.position).littleEndian, toByteOffset: place + 8, as: UInt32.self)
            unsafe page.storeBytes(of: UInt8(truncatingIfNeeded: entry.position >> 32), toByteOffset: place + 12, as: UInt8.self)
        }
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
        let number = UInt64(pages)
        unsafe page.withUnsafeMutableBytes { page in
            unsafe page.storeBytes(of: UInt16(inPage).littleEndian, as: UInt16.self)
            let end = IdentityRun.pageSize - 4
            let checksum = unsafe Checksum.record(number, UnsafeRawBufferPointer(rebasing: page[..<end]))
            unsafe page.storeBytes(of: checksum.littleEndian, toByteOffset: end, as: UInt32.self)
        }
        try file.append(all: page)
        page = IdentityRunWriter.emptyPage
        inPage = 0
        pages += 1
    }
}
