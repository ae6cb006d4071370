internal import Glibc

/// An LMDB file read with `pread`, so that a device's error is an error and not a signal.
struct PageFile: ~Copyable {
    private static let windowPages = 64

    private let descriptor: Int32
    private let pageSize: Int
    /// How many whole pages it has.
    let count: UInt64
    // The pages read last. More than one at a time where they are asked for in a row.
    private var window: [UInt8] = []
    private var windowStart: UInt64 = 0
    private var last: UInt64 = 0

    /// - Parameter descriptor: stays the caller's.
    init(_ descriptor: Int32, size: Int, pageSize: Int) {
        self.descriptor = descriptor
        self.pageSize = pageSize
        count = UInt64(size / pageSize)
    }

    /// Reads a page, whatever is in it.
    mutating func page(_ number: UInt64) throws(PageDamage) -> Page {
        guard number < count else { throw PageDamage(page: number, reason: "it lies behind the end of the file, which has \(count) pages") }
        defer { last = number }
        if number < windowStart || number >= windowStart + UInt64(window.count / pageSize) {
            let ahead = number == last &+ 1 ? UInt64(PageFile.windowPages) : 1
            window = try PageFile.read(
                descriptor, from: Int(number) * pageSize, count: Int(min(ahead, count - number)) * pageSize, page: number)
            windowStart = number
        }
        let start = Int(number - windowStart) * pageSize
        return Page(number: number, bytes: Array(window[start..<(start + pageSize)]))
    }

    /// Reads `count` bytes of the file.
    static func read(_ descriptor: Int32, from offset: Int, count: Int, page: UInt64) throws(PageDamage) -> [UInt8] {
        var reason: String?
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { target, filled in
            while filled < count {
                let got = unsafe pread(descriptor, target.baseAddress.map { unsafe $0 + filled }, count - filled, off_t(offset + filled))
                if got < 0, errno == EINTR { continue }
                guard got > 0 else {
                    reason = got == 0 ? "the file ends in it" : "it cannot be read: \(unsafe String(cString: strerror(errno)))"
                    return
                }
                filled += got
            }
        }
        if let reason { throw PageDamage(page: page, reason: reason) }
        return bytes
    }
}
