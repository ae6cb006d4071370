internal import EventLog

/// 65,536 rows of an ``EventTable``, or those that are there yet.
///
/// One writer appends; copies see what was there when they were made, as it is never changed.
@safe
package struct EventSegment: Sendable {
    static let shift = 16
    static let capacity = 1 << shift
    static let mask = capacity - 1
    static let rowBytes = 24

    /// One row.
    struct Event {
        let time: Int64
        let type, source: UInt16
        let subject, account: UInt32
        let identity: UInt32
    }

    // Where each column begins, in bytes a row: the widest first, so that all are aligned.
    private static let subjectOffset = 8, accountOffset = 12, identityOffset = 16, typeOffset = 20, sourceOffset = 22

    /// Where each column begins, in bytes a row, and the bytes of one value.
    private static let columns = [
        (0, 8), (subjectOffset, 4), (accountOffset, 4), (identityOffset, 4), (typeOffset, 2), (sourceOffset, 2),
    ]

    private var bytes: ColumnBytes
    private(set) var count: Int

    /// A segment without rows.
    init() {
        (bytes, count) = (ColumnBytes(count: EventSegment.capacity * EventSegment.rowBytes), 0)
    }

    /// The rows whose columns lie one behind the other at the start of `dense`, each as long as there are rows: copied, unless they fill it.
    init(dense: ColumnBytes, count: Int) {
        self.count = count
        guard count < EventSegment.capacity else {
            bytes = dense
            return
        }
        bytes = ColumnBytes(count: EventSegment.capacity * EventSegment.rowBytes)
        for (offset, size) in EventSegment.columns {
            bytes.copy(count * size, from: dense, at: count * offset, to: EventSegment.capacity * offset)
        }
    }

    /// The columns one behind the other, each as long as there are rows: these bytes themselves where they fill it.
    var dense: ColumnBytes {
        guard count < EventSegment.capacity else { return bytes }
        let dense = ColumnBytes(count: count * EventSegment.rowBytes)
        for (offset, size) in EventSegment.columns {
            dense.copy(count * size, from: bytes, at: EventSegment.capacity * offset, to: count * offset)
        }
        return dense
    }

    /// Whether there are events whose type the log keeps no symbol of.
    var hasUnlistedTypes: Bool { types.contains(UInt16(EventRecord.unlisted)) }

    /// Microseconds since 1970.
    package var times: Column<Int64> { column(at: 0) }
    package var types: Column<UInt16> { column(at: EventSegment.typeOffset) }
    package var sources: Column<UInt16> { column(at: EventSegment.sourceOffset) }
    package var subjects: Column<UInt32> { column(at: EventSegment.subjectOffset) }
    package var accounts: Column<UInt32> { column(at: EventSegment.accountOffset) }
    /// A hash of source and id.
    var identities: Column<UInt32> { column(at: EventSegment.identityOffset) }

    private func column<Value>(at offset: Int) -> Column<Value> { Column(bytes, at: offset * EventSegment.capacity, count: count) }

    // One value of each, without making a column of it.
    func time(_ row: Int) -> Int64 { value(row, 0) }
    func type(_ row: Int) -> UInt16 { value(row, EventSegment.typeOffset) }
    func source(_ row: Int) -> UInt16 { value(row, EventSegment.sourceOffset) }
    func subject(_ row: Int) -> UInt32 { value(row, EventSegment.subjectOffset) }
    func account(_ row: Int) -> UInt32 { value(row, EventSegment.accountOffset) }
    func identity(_ row: Int) -> UInt32 { value(row, EventSegment.identityOffset) }

    private func value<Value: BitwiseCopyable>(_ row: Int, _ offset: Int) -> Value {
        precondition(row >= 0 && row < count)
        return unsafe bytes.start.load(
            fromByteOffset: offset * EventSegment.capacity + row * MemoryLayout<Value>.stride, as: Value.self)
    }

    /// - Precondition: there are fewer than ``capacity``, and this is the copy that others were made of.
    mutating func append(_ event: Event) {
        precondition(count < EventSegment.capacity)
        put(event.time, 0)
        put(event.subject, EventSegment.subjectOffset)
        put(event.account, EventSegment.accountOffset)
        put(event.identity, EventSegment.identityOffset)
        put(event.type, EventSegment.typeOffset)
        put(event.source, EventSegment.sourceOffset)
        count += 1
    }

    private func put<Value: BitwiseCopyable>(_ value: Value, _ offset: Int) {
        unsafe bytes.start.storeBytes(
            of: value, toByteOffset: offset * EventSegment.capacity + count * MemoryLayout<Value>.stride, as: Value.self)
    }

    /// Has the rows, which are all it can have, lie in `rows`, which are the same.
    mutating func put(_ rows: ColumnBytes) {
        precondition(count == EventSegment.capacity && rows.count >= EventSegment.capacity * EventSegment.rowBytes)
        bytes = rows
    }

    /// Moves the rows, which are all it can have, into a file without a name.
    mutating func store(in scratch: String?) {
        bytes = bytes.stored(in: scratch)
    }
}
