internal import NIOCore

/// Where events wait, in their order.
package protocol EventQueue: Sendable {
    /// How much waits.
    var load: DeliveryMachine.Load { get }
    /// Whether so many more events of so many bytes have room. Whatever its size, one call's events have room in an empty queue.
    func hasRoom(events: Int, bytes: Int) -> Bool
    /// Takes events in, all or none.
    mutating func append(_ lines: [[UInt8]]) throws(EmitterError)
    /// The oldest events, within a limit, but one at least. They stay.
    func first(_ limit: DeliveryMachine.Load) throws(EmitterError) -> QueuedBatch
    /// Drops the oldest events, which ``first(_:)`` gave last.
    mutating func remove(_ batch: QueuedBatch) throws(EmitterError)
}

/// The oldest events of a queue.
package struct QueuedBatch: Sendable {
    /// The events.
    package internal(set) var lines: [[UInt8]] = []
    /// What stands among them and cannot be read.
    package internal(set) var damaged: [[UInt8]] = []
    /// How many bytes of the queue they take.
    package internal(set) var length = 0
}

/// Events that wait in memory.
struct MemoryQueue: EventQueue {
    private let limit: DeliveryMachine.Load
    private var lines = CircularBuffer<[UInt8]>()
    private(set) var load = DeliveryMachine.Load(events: 0, bytes: 0)

    init(_ options: EmitterOptions) {
        limit = .init(events: options.memoryEvents, bytes: options.memoryBytes)
    }

    func hasRoom(events: Int, bytes: Int) -> Bool {
        load.events == 0 || load.events + events <= limit.events && load.bytes + bytes <= limit.bytes
    }

    mutating func append(_ new: [[UInt8]]) {
        lines.append(contentsOf: new)
        load.events += new.count
        load.bytes += new.reduce(0) { $0 + $1.count }
    }

    func first(_ limit: DeliveryMachine.Load) -> QueuedBatch {
        var batch = QueuedBatch()
        for line in lines {
            guard batch.lines.isEmpty || batch.lines.count < limit.events && batch.length + line.count <= limit.bytes else { break }
            batch.lines.append(line)
            batch.length += line.count
        }
        return batch
    }

    mutating func remove(_ batch: QueuedBatch) {
        lines.removeFirst(batch.lines.count)
        load.events -= batch.lines.count
        load.bytes -= batch.length
    }
}
