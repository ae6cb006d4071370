/// Bytes to work on that copies share until one of them writes: in a file without a name where there are many, as long as that has room.
struct SharedBytes: Sendable {
    private(set) var bytes: ColumnBytes
    let scratch: String?

    /// So many zeroes.
    init(count: Int, in scratch: String?) {
        self.scratch = scratch
        bytes = ColumnBytes.workspace(count: count, in: scratch)
        bytes.clear()
    }

    /// The bytes, to be written before anybody else gets a copy of them.
    @inline(__always)
    mutating func unshared() -> ColumnBytes {
        if !isKnownUniquelyReferenced(&bytes) {
            let own = ColumnBytes.workspace(count: bytes.count, in: scratch)
            own.copy(bytes.count, from: bytes, at: 0, to: 0)
            bytes = own
        }
        return bytes
    }
}
