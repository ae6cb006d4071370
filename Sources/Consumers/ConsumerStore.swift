package import EventLog
package import JourneyModel
internal import LMDB
internal import Synchronization

/// The named consumers and their positions, durable in an LMDB environment of their own (`DIR/consumers`).
///
/// All of them are in memory as well. A change is answered when it is on the disk: two device flushes, one change after another.
/// Where the store cannot be opened the daemon runs without: every call then fails with the reason.
package final class ConsumerStore: Sendable {
    /// Most consumers.
    package static let maximumConsumers = 1_000

    private static let mapSize = 16 << 20
    private static let checksumSize = 4

    private struct Storage {
        let environment: Environment
        let database: Database
    }

    private struct State {
        var consumers: [String: Consumer] = [:]
        var fault: ConsumerFault?
    }

    private let state: Mutex<State>
    // Held while a change is written, so that those who only look need not wait for the disk. Nil in memory only.
    private let storage: Mutex<Storage?>

    /// A store that forgets: for what serves nobody.
    package init() {
        state = Mutex(State())
        storage = Mutex(nil)
    }

    /// Opens the store in `directory`, and makes it where there is none.
    ///
    /// - Parameter tail: where the log ends. A consumer that is beyond it has seen events that this log lost or never had: it goes on at
    ///   its end, as to send an event twice does less harm than to leave one out.
    package init(directory: DataDirectory, tail: Position) {
        var state = State()
        var opened: Storage?
        do throws(ConsumerFault) {
            let storage = try ConsumerStore.open(directory)
            for var consumer in try ConsumerStore.load(storage) {
                consumer.position = min(consumer.position, tail)
                state.consumers[consumer.name] = consumer
            }
            opened = storage
        } catch {
            state.fault = error
        }
        self.state = Mutex(state)
        storage = Mutex(opened)
    }

    /// Why it cannot be used, if so.
    package var fault: ConsumerFault? { state.withLock { $0.fault } }

    /// All consumers, by name.
    package var all: [Consumer] {
        get throws(ConsumerFault) {
            let (consumers, fault) = state.withLock { (Array($0.consumers.values), $0.fault) }
            if let fault { throw fault }
            return consumers.sorted { $0.name < $1.name }
        }
    }

    /// The consumer of this name.
    package func consumer(_ name: String) throws(ConsumerFault) -> Consumer {
        let (consumer, fault) = state.withLock { ($0.consumers[name], $0.fault) }
        if let fault { throw fault }
        guard let consumer else { throw .unknown(name) }
        return consumer
    }

    /// Makes a consumer durably, where there is none of its name. Not for an event loop.
    ///
    /// - Returns: the consumer of that name, and whether it was made now; one that was there with the same filter stays as it is.
    package func create(_ consumer: Consumer) throws(ConsumerFault) -> (consumer: Consumer, isNew: Bool) {
        try storage.withLock { (storage) throws(ConsumerFault) in
            let all = try all
            if let known = all.first(where: { $0.name == consumer.name }) {
                guard known.filter == consumer.filter else { throw .different(known) }
                return (known, false)
            }
            guard all.count < ConsumerStore.maximumConsumers else { throw .tooMany(maximum: ConsumerStore.maximumConsumers) }
            try ConsumerStore.put(consumer, storage)
            state.withLock { $0.consumers[consumer.name] = consumer }
            return (consumer, true)
        }
    }

    /// Notes durably that a consumer is done with all up to `position`. Not for an event loop.
    ///
    /// It never goes back: a lower position than it has is taken as one that was acknowledged already.
    /// - Returns: the consumer with the position it has now.
    package func acknowledge(_ name: String, _ position: Position, tail: Position) throws(ConsumerFault) -> Consumer {
        try storage.withLock { (storage) throws(ConsumerFault) in
            var consumer = try consumer(name)
            guard position <= tail else { throw .ahead(tail: tail) }
            guard position > consumer.position else { return consumer }
            consumer.position = position
            consumer.acknowledgedAt = .now
            try ConsumerStore.put(consumer, storage)
            state.withLock { $0.consumers[name] = consumer }
            return consumer
        }
    }

    /// Forgets a consumer durably. Not for an event loop.
    ///
    /// - Returns: what it was.
    package func delete(_ name: String) throws(ConsumerFault) -> Consumer {
        try storage.withLock { (storage) throws(ConsumerFault) in
            let consumer = try consumer(name)
            if let storage {
                do throws(LMDBError) {
                    try storage.environment.write { transaction throws(LMDBError) in try transaction.delete(storage.database, .text(name)) }
                } catch {
                    throw ConsumerFault(error)
                }
            }
            state.withLock { $0.consumers[name] = nil }
            return consumer
        }
    }
}

extension ConsumerStore {
    private static func open(_ directory: DataDirectory) throws(ConsumerFault) -> Storage {
        let path: String
        do throws(LogError) { path = try directory.directory("consumers") } catch { throw .unusable("\(error)") }
        do throws(LMDBError) {
            let environment = try Environment(directory: path, mapSize: mapSize, databases: 1, readers: 8)
            // What a process killed before its flush has left is flushed before anybody is told of it.
            try environment.flush()
            return Storage(environment: environment, database: try environment.database("consumers"))
        } catch {
            throw .unusable("\(path) cannot be used: \(error); restore it, or delete it and make the consumers anew")
        }
    }

    private static func load(_ storage: Storage) throws(ConsumerFault) -> [Consumer] {
        var consumers: [Consumer] = []
        do throws(LMDBError) {
            try storage.environment.read { transaction throws(LMDBError) in
                try transaction.scan(storage.database, from: .text("0")) { (_, value) throws(LMDBError) in
                    guard value.count > checksumSize else { throw .damaged }
                    let bytes = value.extracting(checksumSize..<value.count)
                    let checksum = (0..<checksumSize).reduce(UInt32(0)) { $0 | UInt32(value[$1]) << UInt32(8 * $1) }
                    guard unsafe bytes.withUnsafeBytes({ unsafe Checksum.record(0, $0) }) == checksum,
                        let consumer = Consumer(stored: bytes)
                    else { throw .damaged }
                    consumers.append(consumer)
                    return true
                }
            }
        } catch {
            throw .unusable("the stored consumers are damaged: \(error); delete DIR/consumers and make them anew")
        }
        return consumers
    }

    private static func put(_ consumer: Consumer, _ storage: Storage?) throws(ConsumerFault) {
        guard let storage else { return }
        let bytes = consumer.stored
        let checksum = unsafe bytes.withUnsafeBytes { unsafe Checksum.record(0, $0) }
        let stored = (0..<checksumSize).map { UInt8(truncatingIfNeeded: checksum >> UInt32(8 * $0)) } + bytes
        do throws(LMDBError) {
            try storage.environment.write { transaction throws(LMDBError) in
                try transaction.put(storage.database, .text(consumer.name), stored.span)
            }
        } catch {
            throw ConsumerFault(error)
        }
    }
}

extension ConsumerFault {
    fileprivate init(_ error: LMDBError) {
        self = error.kind == .full ? .full("\(error)") : .unusable("\(error)")
    }
}
