internal import JourneyModel

/// The first page of an ``IdentityRun``.
struct RunHead {
    static let magic: [UInt8] = Array("JDIDRUN1".utf8)

    let first, last: Position
    let pages, filterBytes: Int
    let filterChecksum: UInt32

    init(first: Position, last: Position, pages: Int, filterBytes: Int, filterChecksum: UInt32) {
        (self.first, self.last, self.pages) = (first, last, pages)
        (self.filterBytes, self.filterChecksum) = (filterBytes, filterChecksum)
    }

    /// Reads a head, or returns nil where it is damaged or another log's.
    init?(_ page: UnsafeRawBufferPointer, log: LogID) {
        let end = IdentityRun.pageSize - 4
        func number(_ offset: Int) -> UInt64 { UInt64(littleEndian: unsafe page.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) }
        let stored = UInt32(littleEndian: unsafe page.loadUnaligned(fromByteOffset: end, as: UInt32.self))
        guard unsafe Checksum.plain(UnsafeRawBufferPointer(rebasing: page[..<end])) == stored,
            unsafe page[..<8].elementsEqual(RunHead.magic), unsafe page[8..<40].elementsEqual(log.text.utf8),
            number(40) > 0, number(48) >= number(40), number(56) < 1 << 40, number(64) < 1 << 40
        else { return nil }
        self.init(
            first: number(40), last: number(48), pages: Int(number(56)), filterBytes: Int(number(64)),
            filterChecksum: UInt32(truncatingIfNeeded: number(72)))
    }

    /// The page, ready to be written.
    func bytes(log: LogID) -> [UInt8] {
        var page = RunHead.magic + Array(log.text.utf8)
        for number in [first, last, UInt64(pages), UInt64(filterBytes), UInt64(filterChecksum)] { page.append(littleEndian: number) }
        page += [UInt8](repeating: 0, count: IdentityRun.pageSize - 4 - page.count)
        let checksum = unsafe page.withUnsafeBytes { unsafe Checksum.plain($0) }
        page.append(littleEndian: checksum)
        return page
    }
}
