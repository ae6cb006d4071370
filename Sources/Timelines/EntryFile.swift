package import EventLog
internal import Glibc

/// The file that most entries lie in: 48 bytes each, one behind the other, which are written once and read through a map.
///
/// A file of the system's cache and not of the daemon's memory: what is not looked at is not held. It is derived from the log; whether
/// its bytes are what was written is told by the checksum of each entry, which is compared when the daemon starts.
@safe
package final class EntryFile: Sendable {
    /// Bytes mapped at once, more than which a file never has: 2³² entries.
    private static let maximumBytes = StoredEntry.size << 32
    private static let firstMap = 64 << 20

    /// Entries that can be read: a part of the file as it was at one moment. Lives as long as somebody reads it.
    @safe
    final class Map: Sendable {
        // Written by nobody: the pages behind what it was made for may change, and are not looked at.
        nonisolated(unsafe) private let bytes: UnsafeRawBufferPointer

        fileprivate init?(_ descriptor: Int32, _ count: Int) {
            guard let start = unsafe mmap(nil, count, PROT_READ, MAP_SHARED, descriptor, 0), unsafe start != MAP_FAILED else { return nil }
            unsafe bytes = UnsafeRawBufferPointer(start: start, count: count)
        }

        deinit {
            unsafe munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
        }

        /// How many entries fit.
        var capacity: Int { unsafe bytes.count / StoredEntry.size }

        /// The entry at `index`, which must have been written.
        func entry(_ index: Int) -> StoredEntry {
            precondition(index >= 0 && index < capacity)
            return unsafe StoredEntry(UnsafeRawBufferPointer(rebasing: bytes[(index * StoredEntry.size)...].prefix(StoredEntry.size)))
        }

        /// Whether the entry at `index` is what was written.
        func isIntact(_ index: Int) -> Bool {
            precondition(index >= 0 && index < capacity)
            return unsafe StoredEntry.isIntact(
                UnsafeRawBufferPointer(rebasing: bytes[(index * StoredEntry.size)...].prefix(StoredEntry.size)), index)
        }
    }

    private let descriptor: Int32
    /// Its name in its directory.
    package let name: String

    /// Opens the file at `path`.
    ///
    /// - Parameter isNew: whether a new one takes the place of what is there. Who still reads the old one is not disturbed.
    /// - Throws: ``LogError/unusable(_:)``.
    package init(path: String, isNew: Bool) throws(LogError) {
        name = path.split(separator: "/").last.map(String.init) ?? path
        if isNew { unsafe unlink(path) }
        descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .unusable("cannot open \(path): \(unsafe String(cString: strerror(errno)))") }
    }

    deinit {
        close(descriptor)
    }

    /// How many whole entries the file has.
    var count: Int {
        var status = stat()
        return unsafe fstat(descriptor, &status) == 0 ? Int(status.st_size) / StoredEntry.size : 0
    }

    /// Writes entries from `index` on.
    ///
    /// - Returns: false where there is no room, or the device failed.
    func write(_ entries: [StoredEntry], at index: Int) -> Bool {
        let size = entries.count * StoredEntry.size
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            for (offset, entry) in entries.enumerated() {
                let place = unsafe buffer[(offset * StoredEntry.size)..<((offset + 1) * StoredEntry.size)]
                unsafe entry.encode(index + offset, into: UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: place)))
            }
            count = size
        }
        return unsafe bytes.withUnsafeBytes { unsafe WholeWrite.write($0, to: descriptor, at: index * StoredEntry.size) }
    }

    /// A map for at least `count` entries, with room for more; nil where the system has no address space.
    func map(_ count: Int) -> Map? {
        var size = EntryFile.firstMap
        while size < count * StoredEntry.size, size < EntryFile.maximumBytes { size *= 2 }
        return Map(descriptor, size)
    }

    /// Flushes what was written.
    ///
    /// - Returns: false where the device failed.
    package func flush() -> Bool { fdatasync(descriptor) == 0 }
}

/// An entry, whose it is, and where the entry before it of the same subject lies.
struct StoredEntry: Sendable, Equatable {
    /// Bytes in the file: i64 time, u64 position, i64 minor, u32 dimensions, u32 currency, u32 subject, u32 previous, u16 type, u8 holder, u8
    /// rule, u32 CRC-32C over the entry's number and all before; little-endian.
    static let size = 48
    private static let checksumOffset = 44

    let entry: Entry
    let subject: UInt32
    /// The number of the entry before, plus one; zero where this is the subject's first.
    let previous: UInt32

    init(_ entry: Entry, subject: UInt32, previous: UInt32) {
        (self.entry, self.subject, self.previous) = (entry, subject, previous)
    }

    init(_ bytes: UnsafeRawBufferPointer) {
        func number<Number: FixedWidthInteger>(_ offset: Int, _ type: Number.Type) -> Number {
            Number(littleEndian: unsafe bytes.loadUnaligned(fromByteOffset: offset, as: type))
        }
        entry = Entry(
            time: number(0, Int64.self), position: number(8, UInt64.self), minor: number(16, Int64.self),
            type: UInt32(number(40, UInt16.self)),
            dimensions: number(24, UInt32.self), currency: number(28, UInt32.self), holder: number(42, UInt8.self),
            rule: number(43, UInt8.self))
        (subject, previous) = (number(32, UInt32.self), number(36, UInt32.self))
    }

    /// Writes the entry of this number into `bytes`, which have room for it.
    func encode(_ index: Int, into bytes: UnsafeMutableRawBufferPointer) {
        func put(_ number: some FixedWidthInteger, _ offset: Int) {
            unsafe bytes.storeBytes(of: number.littleEndian, toByteOffset: offset, as: type(of: number))
        }
        put(entry.time, 0)
        put(entry.position, 8)
        put(entry.minor, 16)
        put(entry.dimensions, 24)
        put(entry.currency, 28)
        put(subject, 32)
        put(previous, 36)
        put(UInt16(truncatingIfNeeded: entry.type), 40)
        put(entry.holder, 42)
        put(entry.rule, 43)
        let content = unsafe UnsafeRawBufferPointer(rebasing: bytes[..<StoredEntry.checksumOffset])
        put(unsafe Checksum.record(UInt64(index), content), StoredEntry.checksumOffset)
    }

    static func isIntact(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> Bool {
        let stored = unsafe bytes.loadUnaligned(fromByteOffset: checksumOffset, as: UInt32.self)
        return unsafe Checksum.record(UInt64(index), UnsafeRawBufferPointer(rebasing: bytes[..<checksumOffset]))
            == UInt32(littleEndian: stored)
    }
}
