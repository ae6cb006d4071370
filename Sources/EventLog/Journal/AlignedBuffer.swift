/// Memory of a fixed size at an address from which the system writes to a device directly, filled from its beginning on.
@safe
final class AlignedBuffer {
    /// What the largest sectors need; memory is mapped in such pieces, too.
    private static let alignment = 4096

    private let memory: UnsafeMutableRawBufferPointer
    /// How many bytes are filled.
    private(set) var count = 0

    /// - Parameter capacity: how many bytes it takes.
    init(capacity: Int) {
        unsafe memory = .allocate(byteCount: capacity, alignment: AlignedBuffer.alignment)
    }

    deinit {
        unsafe memory.deallocate()
    }

    /// How many bytes it takes.
    var capacity: Int { unsafe memory.count }

    /// The bytes that are filled.
    var bytes: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(rebasing: memory[..<count]) }

    /// Empties it.
    func removeAll() { count = 0 }

    /// Adds a number, little-endian.
    func append(littleEndian number: some FixedWidthInteger) {
        unsafe withUnsafeBytes(of: number.littleEndian) { unsafe append($0) }
    }

    /// Adds bytes, for which there must be room.
    func append(_ bytes: [UInt8]) {
        unsafe bytes.withUnsafeBytes { unsafe append($0) }
    }

    private func append(_ bytes: UnsafeRawBufferPointer) {
        precondition(bytes.count <= capacity - count, "the buffer is full")
        unsafe UnsafeMutableRawBufferPointer(rebasing: memory[count...]).copyMemory(from: bytes)
        count += bytes.count
    }

    /// Puts a number, little-endian, in place of what was filled at an offset.
    func replace(at offset: Int, with number: UInt32) {
        precondition(offset + 4 <= count, "nothing is filled there")
        unsafe memory.storeBytes(of: number.littleEndian, toByteOffset: offset, as: UInt32.self)
    }

    /// Adds zeros up to a multiple of `size`, for which there must be room.
    func fill(toMultipleOf size: Int) {
        let end = (count + size - 1) / size * size
        precondition(end <= capacity, "the buffer is full")
        unsafe UnsafeMutableRawBufferPointer(rebasing: memory[count..<end]).initializeMemory(as: UInt8.self, repeating: 0)
        count = end
    }
}
