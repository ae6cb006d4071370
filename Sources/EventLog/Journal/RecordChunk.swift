internal import CLinux
internal import JourneyModel

/// Records with consecutive positions, one behind the other in memory: those of a commit, on their way to the disk.
struct RecordChunk: Sendable {
    /// Bytes of a record, roughly.
    private static let prefetched = 256

    /// The position of the first.
    let first: Position
    /// The records' bytes.
    private(set) var bytes: [UInt8] = []
    // Where each record ends.
    private var ends: [Int] = []

    /// Begins empty.
    init(first: Position) {
        self.first = first
    }

    /// Takes records that are there as a whole.
    ///
    /// - Returns: nil where the lengths are not those of the bytes.
    init?(first: Position, bytes: [UInt8], lengths: [Int]) {
        (self.first, self.bytes) = (first, bytes)
        var end = 0
        for length in lengths {
            end += length
            ends.append(end)
        }
        guard end == bytes.count else { return nil }
    }

    var count: Int { ends.count }

    /// The position of the last record; one less than ``first`` where there is none.
    var last: Position { first + Position(ends.count) - 1 }

    /// Calls `body` with how long each record is.
    func eachLength(_ body: (Int) -> Void) {
        for index in ends.indices { body(range(index).count) }
    }

    /// Takes room for so many bytes and records, which spares many of them from being moved as more come.
    mutating func reserve(bytes: Int, records: Int) {
        self.bytes.reserveCapacity(bytes)
        ends.reserveCapacity(records)
    }

    /// Adds a record.
    mutating func append(_ text: RecordText, of texts: [UInt8], _ stamp: EventRecord.Stamp) {
        unsafe bytes.append(size: EventRecord.size(text, stamp)) { target in
            unsafe texts.withUnsafeBytes { texts in unsafe EventRecord.write(text, of: texts, stamp, into: target) }
        }
        ends.append(bytes.count)
        prefetch()
    }

    /// Has the place of the next record fetched: its checksum reads what was just written, and would wait for it.
    private func prefetch() {
        unsafe bytes.withUnsafeBufferPointer { bytes in
            if let start = bytes.baseAddress { unsafe clinux_prefetch_to_write(start + bytes.count, RecordChunk.prefetched) }
        }
    }

    /// Takes the last record back.
    mutating func removeLast() {
        bytes.removeLast(range(ends.count - 1).count)
        ends.removeLast()
    }

    /// Calls `body` with the records from `position` on, until it returns false.
    func each(from position: Position, _ body: (_ position: Position, _ record: Span<UInt8>) throws(LogError) -> Bool) throws(LogError) {
        var index = Int(max(position, first) - first)
        while index < ends.count {
            guard try body(first + Position(index), bytes.span.extracting(range(index))) else { return }
            index += 1
        }
    }

    /// The record at a position that is within.
    func record(_ position: Position) -> [UInt8] { Array(bytes[range(Int(position - first))]) }

    private func range(_ index: Int) -> Range<Int> { (index == 0 ? 0 : ends[index - 1])..<ends[index] }
}
