internal import CLMDB

/// A key: a number, stored big-endian so that byte order is number order, or a short string.
package enum Key: Sendable {
    /// Eight bytes, big-endian.
    case number(UInt64)
    /// UTF-8, at most 511 bytes (LMDB's limit).
    case text(String)

    /// The number whose eight big-endian bytes begin `bytes`; bytes that are missing count as zero.
    package static func number(_ bytes: Span<UInt8>) -> UInt64 {
        var number: UInt64 = 0
        for index in 0..<8 {
            number = number << 8 | (index < bytes.count ? UInt64(bytes[index]) : 0)
        }
        return number
    }

    /// Calls `body` with the key as LMDB wants it; the pointer dies with the call.
    func withValue<Result>(_ body: (inout MDB_val) -> Result) -> Result {
        switch self {
        case .number(let number):
            var bigEndian = number.bigEndian
            return unsafe withUnsafeMutableBytes(of: &bigEndian) { bytes in
                var value = unsafe MDB_val(mv_size: bytes.count, mv_data: bytes.baseAddress)
                return unsafe body(&value)
            }
        case .text(let text):
            var utf8 = Array(text.utf8)
            return unsafe utf8.withUnsafeMutableBytes { bytes in
                var value = unsafe MDB_val(mv_size: bytes.count, mv_data: bytes.baseAddress)
                return unsafe body(&value)
            }
        }
    }
}
