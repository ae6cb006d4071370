/// How records, digests and files are put together out of their parts.
extension [UInt8] {
    /// Adds a number's bytes, the lowest first.
    mutating func append<Number: FixedWidthInteger>(littleEndian number: Number) {
        for byte in 0..<(Number.bitWidth / 8) { append(UInt8(truncatingIfNeeded: number >> Number(8 * byte))) }
    }

    /// Adds `size` bytes, which `fill` sets, all of them, where they are to lie.
    @inline(__always)
    mutating func append(size: Int, _ fill: (_ target: UnsafeMutableRawBufferPointer) -> Void) {
        append(addingCapacity: size) { output in
            unsafe output.withUnsafeMutableBufferPointer { target, count in
                unsafe fill(UnsafeMutableRawBufferPointer(start: target.baseAddress, count: size))
                count = size
            }
        }
    }
}
