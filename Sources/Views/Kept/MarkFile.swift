internal import EventLog
internal import Glibc
internal import JourneyModel
internal import Questions
internal import Timelines

/// The file that ``EventMarks`` are kept in, so that a rebuild that a crash cut off goes on where it was.
///
/// A head line that says what the marks are of, then blocks of 8,192 events, each behind its length and CRC-32C. Never flushed: a block that is not
/// what was written is left out with all behind it, and those events are looked at again. It may be deleted.
final class MarkFile {
    /// Events of a block.
    static let blockEvents = 8_192
    private static let maximumBlock = 64 << 20

    private let descriptor: Int32
    private let head: [UInt8]
    // Where the next block goes.
    private var end: Int
    // What is in blocks already.
    private var written = (events: 0, masks: 1, values: 0)

    /// Opens the file at `path`, and makes it where there is none.
    ///
    /// - Parameter about: what the marks are of: the log's beginning, the definition.
    init?(path: String, about: String) {
        descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return nil }
        head = Array("journeyd marks 1 \(about)\n".utf8)
        end = head.count
    }

    deinit { close(descriptor) }

    /// Deletes the file of a version that is dropped.
    static func remove(_ path: String) {
        unsafe unlink(path)
    }

    /// The marks that the file has; begun anew where it is of something else.
    ///
    /// - Parameters:
    ///   - values: where the values of the breakdown's field go.
    ///   - parked: where the events go that could not be read.
    ///   - isOurs: whether the log has an event at a position that was recorded then.
    func load(
        _ marks: inout EventMarks, values: inout SymbolTable, parked: inout [ParkedEvent], isOurs: (Position, Timestamp) -> Bool
    ) {
        guard let stored = read(0, head.count), stored == head else {
            ftruncate(descriptor, 0)
            _ = write(head, at: 0)
            return
        }
        while let block = nextBlock() {
            var reader = ByteReader(block)
            guard let last = MarkFile.append(&reader, &marks, &values, &parked), isOurs(marks.position, last) else { break }
            end += 8 + block.count
            written = (marks.ofEvents.count, marks.masks.count, values.count)
        }
        ftruncate(descriptor, off_t(end))
    }

    private func nextBlock() -> [UInt8]? {
        guard let front = read(end, 8) else { return nil }
        var reader = ByteReader(front)
        guard let length = reader.next(UInt32.self), let checksum = reader.next(UInt32.self), length <= MarkFile.maximumBlock,
            let block = read(end + 8, Int(length))
        else { return nil }
        let found = unsafe block.withUnsafeBytes { unsafe Checksum.record(UInt64(end), $0) }
        return found == checksum ? block : nil
    }

    /// Takes a block in.
    ///
    /// - Returns: when its last event was recorded.
    private static func append(
        _ reader: inout ByteReader, _ marks: inout EventMarks, _ values: inout SymbolTable, _ parked: inout [ParkedEvent]
    ) -> Timestamp? {
        guard let recorded = reader.next(Int64.self), let maskCount = reader.next(UInt32.self) else { return nil }
        var masks = marks.masks
        for _ in 0..<maskCount { if let mask = reader.next(UInt64.self) { masks.append(mask) } }
        guard let valueCount = reader.next(UInt32.self) else { return nil }
        for _ in 0..<valueCount {
            guard let length = reader.next(UInt16.self), let bytes = reader.bytes(Int(length)) else { return nil }
            _ = values.intern(bytes.span)
        }
        guard let parkedCount = reader.next(UInt32.self) else { return nil }
        for _ in 0..<parkedCount {
            guard let position = reader.next(UInt64.self), let length = reader.next(UInt16.self), let reason = reader.bytes(Int(length))
            else {
                return nil
            }
            parked.append(ParkedEvent(position: position, reason: String(decoding: reason, as: UTF8.self)))
        }
        for _ in 0..<blockEvents {
            guard let number = reader.next(UInt16.self), Int(number) < masks.count,
                let value = marks.hasValues ? reader.next(UInt32.self) : 0,
                marks.append(EventMeaning(mask: masks[Int(number)], value: value))
            else { return nil }
        }
        return Timestamp(microseconds: recorded)
    }

    /// Whether a block is full.
    func isDue(_ marks: EventMarks) -> Bool { marks.ofEvents.count - written.events >= MarkFile.blockEvents }

    /// Writes the next block. Where there is no room, its events are looked at again after a start.
    ///
    /// - Parameters:
    ///   - recordedAt: when the block's last event was.
    ///   - parked: those of the block.
    func writeBlock(_ marks: EventMarks, _ values: SymbolTable, parked: [ParkedEvent], recordedAt: Timestamp) {
        let range = written.events..<(written.events + MarkFile.blockEvents)
        var block: [UInt8] = []
        block.append(littleEndian: recordedAt.microseconds)
        block.append(littleEndian: UInt32(marks.masks.count - written.masks))
        for mask in marks.masks[written.masks...] { block.append(littleEndian: mask) }
        block.append(littleEndian: UInt32(values.count - written.values))
        for value in written.values..<values.count {
            values.withBytes(UInt32(value)) { bytes in
                block.append(littleEndian: UInt16(truncatingIfNeeded: bytes.count))
                block += bytes.bytes()
            }
        }
        block.append(littleEndian: UInt32(parked.count))
        for event in parked {
            let reason = Array(event.reason.utf8.prefix(Int(UInt16.max)))
            block.append(littleEndian: event.position)
            block.append(littleEndian: UInt16(reason.count))
            block += reason
        }
        for index in range {
            block.append(littleEndian: marks.ofEvents[index])
            if marks.hasValues { block.append(littleEndian: marks.valuesOfEvents[index]) }
        }
        var front: [UInt8] = []
        front.append(littleEndian: UInt32(block.count))
        front.append(littleEndian: unsafe block.withUnsafeBytes { unsafe Checksum.record(UInt64(end), $0) })
        guard write(front + block, at: end) else { return }
        end += front.count + block.count
        written = (range.upperBound, marks.masks.count, values.count)
    }

    private func read(_ offset: Int, _ count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        let found = unsafe bytes.withUnsafeMutableBytes { unsafe pread(descriptor, $0.baseAddress, count, off_t(offset)) }
        return found == count ? bytes : nil
    }

    private func write(_ bytes: [UInt8], at offset: Int) -> Bool {
        unsafe bytes.withUnsafeBytes { unsafe pwrite(descriptor, $0.baseAddress, bytes.count, off_t(offset)) } == bytes.count
    }
}

/// Little-endian numbers out of bytes, one after another.
private struct ByteReader {
    private let all: [UInt8]
    private var place = 0

    init(_ bytes: [UInt8]) {
        all = bytes
    }

    mutating func next<Number: FixedWidthInteger>(_ type: Number.Type) -> Number? {
        let size = MemoryLayout<Number>.size
        guard place + size <= all.count else { return nil }
        defer { place += size }
        return (0..<size).reduce(Number(0)) { $0 | Number(truncatingIfNeeded: all[place + $1]) << Number(8 * $1) }
    }

    mutating func bytes(_ count: Int) -> [UInt8]? {
        guard place + count <= all.count else { return nil }
        defer { place += count }
        return Array(all[place..<(place + count)])
    }
}

extension [UInt8] {
    fileprivate mutating func append(littleEndian number: some FixedWidthInteger) {
        unsafe Swift.withUnsafeBytes(of: number.littleEndian) { unsafe append(contentsOf: $0) }
    }
}
