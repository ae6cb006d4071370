internal import EventLog
internal import Glibc

/// Bytes that columns lie in, one behind the other.
///
/// Those that stay as they are can be put into a file without a name (``stored(in:)``): the system then holds them in its cache, and not the
/// daemon in its memory, and may let go of what nobody looks at. The file goes with its last reader; a crash leaves nothing.
@safe
package final class ColumnBytes: Sendable {
    /// What is smaller than this is not worth a file.
    static let leastStored = 256 << 10
    private static let alignment = 16
    /// `O_TMPFILE`, which Swift does not see: open(2).
    private static let unnamed = 0o20000000 | O_DIRECTORY

    /// Written before others get it, and by ``EventSegment`` behind what others look at.
    nonisolated(unsafe) let start: UnsafeMutableRawPointer
    let count: Int
    private let isMapped: Bool

    /// New bytes, whose contents are not defined.
    init(count: Int) {
        unsafe start = UnsafeMutableRawPointer.allocate(byteCount: max(1, count), alignment: ColumnBytes.alignment)
        self.count = count
        isMapped = false
    }

    private init?(descriptor: Int32, count: Int, isWritable: Bool = false, flags: Int32 = 0) {
        let protection = PROT_READ | (isWritable ? PROT_WRITE : 0)
        guard let start = unsafe mmap(nil, count, protection, MAP_SHARED | flags, descriptor, 0), unsafe start != MAP_FAILED else {
            return nil
        }
        unsafe self.start = start
        self.count = count
        isMapped = true
    }

    deinit {
        if isMapped { unsafe munmap(start, count) } else { unsafe start.deallocate() }
    }

    /// The same bytes in a file of `directory` that has no name; these themselves where there is none, or no room in it.
    func stored(in directory: String?) -> ColumnBytes {
        guard let directory, count >= ColumnBytes.leastStored, !isMapped, let descriptor = ColumnBytes.unnamedFile(directory) else {
            return self
        }
        defer { close(descriptor) }
        // Written and not filled through the map: a disk that is full is told by an answer, and not by a signal.
        return write(count, to: descriptor) ? ColumnBytes(descriptor: descriptor, count: count) ?? self : self
    }

    /// Bytes to work on for a moment, in a file of `directory` that has no name; in memory where there is none, or no room in it.
    static func workspace(count: Int, in directory: String?) -> ColumnBytes {
        guard let directory, count >= leastStored, let descriptor = unnamedFile(directory) else { return ColumnBytes(count: count) }
        defer { close(descriptor) }
        // Its room is taken before it is written through the map.
        guard posix_fallocate(descriptor, 0, off_t(count)) == 0 else { return ColumnBytes(count: count) }
        return ColumnBytes(descriptor: descriptor, count: count, isWritable: true) ?? ColumnBytes(count: count)
    }

    private static func unnamedFile(_ directory: String) -> Int32? {
        let descriptor = unsafe open(directory, unnamed | O_RDWR | O_CLOEXEC, 0o600)
        return descriptor >= 0 ? descriptor : nil
    }

    /// Makes all of them zero, before anybody else gets them.
    func clear() { unsafe memset(start, 0, count) }

    /// The first bytes of a file that has as many, read ahead; nil where the system has no address space.
    static func mapped(_ descriptor: Int32, count: Int) -> ColumnBytes? {
        ColumnBytes(descriptor: descriptor, count: count, flags: Int32(MAP_POPULATE))
    }

    /// Writes the first bytes to a file.
    ///
    /// - Returns: false where there is no room.
    func write(_ count: Int, to descriptor: Int32) -> Bool {
        unsafe WholeWrite.write(UnsafeRawBufferPointer(start: start, count: min(count, self.count)), to: descriptor)
    }

    /// The CRC-32C of some of the bytes, which are stored under a number.
    func checksum(_ range: Range<Int>, _ number: Int) -> UInt32 {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        return unsafe Checksum.record(UInt64(number), UnsafeRawBufferPointer(start: start + range.lowerBound, count: range.count))
    }

    /// Copies bytes of others, before anybody gets these.
    func copy(_ size: Int, from other: ColumnBytes, at offset: Int, to place: Int) {
        precondition(size >= 0 && offset >= 0 && offset + size <= other.count && place >= 0 && place + size <= count)
        unsafe (start + place).copyMemory(from: other.start + offset, byteCount: size)
    }
}

/// Columns one behind the other.
struct ColumnLayout {
    /// Where a column is.
    struct Place<Value: BitwiseCopyable> {
        let offset, count: Int
    }

    /// Bytes of all columns so far.
    private(set) var count = 0

    mutating func add<Value: BitwiseCopyable>(_ type: Value.Type, _ values: Int) -> Place<Value> {
        let alignment = MemoryLayout<Value>.alignment
        let offset = (count + alignment - 1) / alignment * alignment
        count = offset + values * MemoryLayout<Value>.stride
        return Place(offset: offset, count: values)
    }
}

extension ColumnBytes {
    /// Writes one value, before others get the bytes.
    @inline(__always)
    func put<Value: BitwiseCopyable>(_ value: Value, at index: Int) {
        precondition(index >= 0 && (index + 1) * MemoryLayout<Value>.stride <= count)
        unsafe start.storeBytes(of: value, toByteOffset: index * MemoryLayout<Value>.stride, as: Value.self)
    }

    /// Reads one value.
    @inline(__always)
    func get<Value: BitwiseCopyable>(_ index: Int) -> Value {
        precondition(index >= 0 && (index + 1) * MemoryLayout<Value>.stride <= count)
        return unsafe start.load(fromByteOffset: index * MemoryLayout<Value>.stride, as: Value.self)
    }

    /// Writes a column, before others get the bytes.
    @inline(__always)
    func fill<Value: BitwiseCopyable>(_ place: ColumnLayout.Place<Value>, _ value: (Int) -> Value) {
        precondition(place.offset + place.count * MemoryLayout<Value>.stride <= count)
        for index in 0..<place.count {
            unsafe start.storeBytes(of: value(index), toByteOffset: place.offset + index * MemoryLayout<Value>.stride, as: Value.self)
        }
    }
}

/// Values of one kind side by side, which are never changed.
///
/// As an array, but for where its bytes may lie: copies share them.
@safe
package struct Column<Value: BitwiseCopyable & Sendable>: Sendable, RandomAccessCollection {
    @usableFromInline nonisolated(unsafe) let values: UnsafeBufferPointer<Value>
    private let bytes: ColumnBytes

    /// The `count` values from `offset` on.
    init(_ bytes: ColumnBytes, at offset: Int, count: Int) {
        precondition(offset >= 0 && count >= 0 && offset + count * MemoryLayout<Value>.stride <= bytes.count)
        precondition(offset.isMultiple(of: MemoryLayout<Value>.alignment))
        unsafe values = UnsafeBufferPointer(start: (bytes.start + offset).assumingMemoryBound(to: Value.self), count: count)
        self.bytes = bytes
    }

    init(_ bytes: ColumnBytes, _ place: ColumnLayout.Place<Value>) {
        self.init(bytes, at: place.offset, count: place.count)
    }

    @inlinable package var startIndex: Int { 0 }
    @inlinable package var endIndex: Int { unsafe values.count }

    @inlinable package subscript(index: Int) -> Value {
        precondition(index >= 0 && index < endIndex)
        return unsafe values[index]
    }

    /// The values, to be read as long as this column is there.
    @inlinable package var span: Span<Value> {
        @_lifetime(borrow self)
        get {
            let span = unsafe Span(_unsafeElements: values)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }
}
