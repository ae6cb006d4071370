internal import CLinux
internal import Glibc
internal import JourneyModel

/// The identities of a range of positions, sorted by hash in a file that never changes: 13 bytes an event, and 14 bits of filter.
///
///     page 0          magic "JDIDRUN1", log id, first, last, pages of entries, bytes of filter, checksum of the filter, checksum of
///                     the page
///     pages 1 … n     u16 count, up to 314 entries (hash 8 bytes, position 5), u32 CRC-32C over page number and page
///     the rest        a blocked Bloom filter (Putze, Sanders and Singler 2007): 64-byte blocks, 14 bits an entry, 6 probes
///
/// Little-endian, pages of 4 KiB. The file is mapped, so what it takes of memory the system can take back. A page is found by
/// interpolation, as hashes are uniform; its checksum is compared at each look. The filter, which is compared at the opening, spares
/// new identities the look: 99.7 of 100.
@safe
final class IdentityRun: Sendable {
    static let pageSize = 4096
    /// Where the entries of a page begin: behind how many there are.
    static let pageHead = 2
    static let entrySize = 13
    static let entriesPerPage = (pageSize - pageHead - 4) / entrySize
    let path: String
    let first, last: Position
    let pages: Int
    private let filterBlocks: Int
    nonisolated(unsafe) private let map: UnsafeRawBufferPointer

    /// How many events it covers.
    var count: Int { Int(last - first) + 1 }

    /// The file's name.
    var name: String { String(path.split(separator: "/").last ?? "") }

    /// Bytes on disk.
    var size: Int { unsafe map.count }

    /// Opens the run at `path` and compares the checksums of its head and filter.
    ///
    /// - Throws: ``LogError/unusable(_:)`` where it is damaged, cut, or another log's. It can be made again from the log.
    init(path: String, log: LogID) throws(LogError) {
        let damaged = LogError.unusable("\(path) is damaged")
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unusable("cannot open \(path): \(SystemError.last)") }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0, status.st_size >= IdentityRun.pageSize else { throw damaged }
        let size = Int(status.st_size)
        guard let start = unsafe mmap(nil, size, PROT_READ, MAP_SHARED, descriptor, 0), unsafe start != MAP_FAILED else {
            throw .unusable("cannot map \(path): \(SystemError.last)")
        }
        unsafe map = UnsafeRawBufferPointer(start: start, count: size)
        self.path = path
        let head = unsafe RunHead(UnsafeRawBufferPointer(rebasing: map[..<IdentityRun.pageSize]), log: log)
        pages = head?.pages ?? 0
        filterBlocks = (head?.filterBytes ?? 0) / 64
        first = head?.first ?? 0
        last = head?.last ?? 0
        guard let head, size == IdentityRun.pageSize * (1 + head.pages) + head.filterBytes, head.filterBytes > 0,
            unsafe Checksum.plain(UnsafeRawBufferPointer(rebasing: map[(size - head.filterBytes)...])) == head.filterChecksum
        else { throw damaged }
    }

    deinit {
        unsafe munmap(UnsafeMutableRawPointer(mutating: map.baseAddress), map.count)
    }

    /// Has what ``mayContain(_:)`` looks at fetched into the processor's cache.
    func prefetch(_ hash: UInt64) {
        guard let start = unsafe map.baseAddress else { return }
        unsafe clinux_prefetch(start + filterStart(hash))
    }

    /// Where the hash's block of the filter begins.
    private func filterStart(_ hash: UInt64) -> Int {
        IdentityRun.pageSize * (1 + pages) + 64 * Int(IdentityFilter.block(hash, of: filterBlocks))
    }

    /// Whether `hash` may be in the run: false is certain. About 0.1 µs, one miss of the cache.
    func mayContain(_ hash: UInt64) -> Bool {
        let block = filterStart(hash)
        var bits = IdentityFilter.bits(hash)
        for _ in 0..<IdentityFilter.probes {
            let bit = Int(bits & 511)
            if unsafe map[block + bit >> 3] & 1 << UInt8(bit & 7) == 0 { return false }
            bits >>= 9
        }
        return true
    }

    /// Calls `body` with each position stored under `hash`.
    ///
    /// - Throws: ``LogError/unusable(_:)`` where a page is not what was written.
    func each(_ hash: UInt64, _ body: (Position) -> Void) throws(LogError) {
        guard pages > 0 else { return }
        // The first page whose last hash is not below: interpolated, then by steps, then by halves, which are certain to end.
        var (low, high) = (0, pages - 1)
        var guess = Int(hash.multipliedFullWidth(by: UInt64(pages)).high)
        var steps = 0
        while low < high {
            let page = try page(guess)
            let isBelow = page.hash(page.count - 1) < hash
            if isBelow { low = guess + 1 } else { high = guess }
            steps += 1
            guess = steps < 4 ? (isBelow ? low : max(low, high - 1)) : (low + high) / 2
        }
        for number in low..<pages {
            let page = try page(number)
            for index in page.first(notBelow: hash)..<page.count {
                guard page.hash(index) == hash else { return }
                body(page.position(index))
            }
        }
    }

    /// The entries of a page, its checksum compared.
    func entries(_ number: Int) throws(LogError) -> [IdentityEntry] {
        let page = try page(number)
        return (0..<page.count).map { IdentityEntry(hash: page.hash($0), position: page.position($0)) }
    }

    /// A page as it is mapped, its checksum compared.
    private func page(_ number: Int) throws(LogError) -> Page {
        let start = IdentityRun.pageSize * (1 + number)
        let page = unsafe Page(bytes: UnsafeRawBufferPointer(rebasing: map[start..<(start + IdentityRun.pageSize)]))
        guard page.isIntact(number) else { throw .unusable("\(path) is damaged on page \(number + 1)") }
        return page
    }

    /// Entries as they lie in the file, for as long as the run is mapped.
    @safe
    private struct Page {
        private let bytes: UnsafeRawBufferPointer
        /// How many entries it has.
        let count: Int

        init(bytes: UnsafeRawBufferPointer) {
            unsafe self.bytes = bytes
            count = Int(UInt16(littleEndian: unsafe bytes.loadUnaligned(as: UInt16.self)))
        }

        func isIntact(_ number: Int) -> Bool {
            let end = IdentityRun.pageSize - 4
            let stored = UInt32(littleEndian: unsafe bytes.loadUnaligned(fromByteOffset: end, as: UInt32.self))
            let computed = unsafe Checksum.record(UInt64(number), UnsafeRawBufferPointer(rebasing: bytes[..<end]))
            return stored == computed && count > 0 && count <= IdentityRun.entriesPerPage
        }

        func hash(_ index: Int) -> UInt64 {
            UInt64(littleEndian: unsafe bytes.loadUnaligned(fromByteOffset: offset(index), as: UInt64.self))
        }

        func position(_ index: Int) -> Position {
            let low = UInt32(littleEndian: unsafe bytes.loadUnaligned(fromByteOffset: offset(index) + 8, as: UInt32.self))
            return Position(low) | Position(unsafe bytes[offset(index) + 12]) << 32
        }

        /// The first entry whose hash is not below `hash`; ``count`` where there is none.
        func first(notBelow hash: UInt64) -> Int {
            var (low, high) = (0, count)
            while low < high {
                let middle = (low + high) / 2
                if self.hash(middle) < hash { low = middle + 1 } else { high = middle }
            }
            return low
        }

        private func offset(_ index: Int) -> Int { IdentityRun.pageHead + index * IdentityRun.entrySize }
    }
}

/// How a hash is spread over the filter.
enum IdentityFilter {
    static let probes = 6

    static func bytes(_ entries: Int) -> Int {
        max(1, (entries * 14 + 511) / 512) * 64
    }

    /// The hash's block. Other bits of the hash than those that order the pages would do as well; these are mixed anew.
    static func block(_ hash: UInt64, of blocks: Int) -> UInt64 {
        (hash &* 0x9E37_79B9_7F4A_7C15).multipliedFullWidth(by: UInt64(blocks)).high
    }

    /// Six numbers of nine bits.
    static func bits(_ hash: UInt64) -> UInt64 {
        var mixed = hash ^ hash >> 32
        mixed = mixed &* 0xD6E8_FEB8_6659_FD93
        return mixed ^ mixed >> 32
    }
}
