internal import Glibc

extension Span<UInt8> {
    /// A copy that can leave the scope.
    package func bytes() -> [UInt8] {
        unsafe withUnsafeBufferPointer { unsafe Array($0) }
    }

    /// Whether both are the same bytes.
    package func isEqual(to other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        return unsafe withUnsafeBytes { bytes in
            unsafe other.withUnsafeBytes { other in
                guard let left = bytes.baseAddress, let right = other.baseAddress else { return true }
                return unsafe memcmp(left, right, bytes.count) == 0
            }
        }
    }

    /// Where `byte` stands first.
    package func firstIndex(of byte: UInt8) -> Int? {
        unsafe withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress, let found = unsafe memchr(start, Int32(byte), bytes.count) else { return nil }
            return unsafe UnsafeRawPointer(found) - start
        }
    }

    /// The eight bytes from `index` on, which must be within; the first is the lowest.
    @inlinable @inline(__always)
    func word(at index: Int) -> UInt64 {
        unsafe UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self))
    }

    /// The first eight bytes of a range, the first lowest; zeros behind a shorter one.
    @inline(__always)
    func prefix(_ range: Range<Int>) -> UInt64 {
        let length = Swift.min(range.count, 8)
        guard count - range.lowerBound >= 8 else {
            var word: UInt64 = 0
            for index in range.prefix(length).reversed() { word = word << 8 | UInt64(self[index]) }
            return word
        }
        let word = word(at: range.lowerBound)
        return length == 8 ? word : word & (1 &<< UInt64(8 * length) &- 1)
    }
}
