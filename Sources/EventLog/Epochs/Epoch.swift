internal import Glibc
internal import JourneyModel
internal import LMDB
internal import Synchronization

/// One part of the log: an LMDB environment with consecutive positions. Only the last of a log, the live one, takes events.
final class Epoch: Sendable {
    /// The environment and what is in it.
    struct Storage: Sendable {
        let environment: Environment
        let events: Database
        let symbols: Database

        fileprivate init(_ directory: String, mapSize: Int, isReadOnly: Bool = false, isKnownSound: Bool = false) throws(LMDBError) {
            environment = try Environment(
                directory: directory, mapSize: mapSize, databases: 4, isReadOnly: isReadOnly, isKnownSound: isKnownSound)
            let databases = try environment.databases(["events", "symbols"])
            (events, symbols) = (databases[0], databases[1])
        }

        /// The position of the last event, or nil where there is none.
        func lastPosition() throws(LogError) -> Position? {
            do throws(LMDBError) {
                return try environment.read { transaction throws(LMDBError) in try transaction.lastNumber(events) }
            } catch {
                throw LogError(error)
            }
        }
    }

    private enum State {
        /// - Parameter isKnownSound: whether it was open before, and has not been written since.
        case closed(isKnownSound: Bool)
        case open(Storage)
        case damaged(String)
    }

    private struct Bounds {
        var last: Position?
        var seal: EpochSeal?
    }

    let number: Int
    let directory: String
    /// The position of its first event.
    let first: Position
    private let isReadOnly: Bool
    private weak let opened: OpenEpochs?
    private let bounds: Mutex<Bounds>
    private let state: Mutex<State>
    private let made = Mutex<Timestamp?>(nil)

    /// - Parameters:
    ///   - last: its last position; nil for the live epoch, and for one that is not sealed yet.
    ///   - damage: why it cannot be read, if so.
    ///   - isReadOnly: whether opening it must leave its files as they are.
    ///   - opened: told when it is opened, sealed.
    init(
        number: Int, directory: String, first: Position, last: Position?, seal: EpochSeal?, damage: String? = nil,
        isReadOnly: Bool = false, opened: OpenEpochs?
    ) {
        (self.number, self.directory, self.first, self.isReadOnly) = (number, directory, first, isReadOnly)
        self.opened = opened
        bounds = Mutex(Bounds(last: last, seal: seal))
        state = Mutex(damage.map { .damaged($0) } ?? .closed(isKnownSound: false))
    }

    /// A new epoch, open.
    init(_ about: EpochAbout, directory: String, storage: Storage, opened: OpenEpochs) {
        (number, self.directory, first, isReadOnly) = (about.number, directory, about.first, false)
        self.opened = opened
        bounds = Mutex(Bounds())
        state = Mutex(.open(storage))
    }

    var last: Position? { bounds.withLock { $0.last } }
    var seal: EpochSeal? { bounds.withLock { $0.seal } }
    var file: String { directory + "/data.mdb" }

    /// Why it cannot be read, if so.
    var damage: String? {
        state.withLock { if case .damaged(let reason) = $0 { reason } else { nil } }
    }

    /// Bytes of disk in use.
    var bytes: Int {
        state.withLock { if case .open(let storage) = $0 { storage.environment.usedBytes } else { nil } }
            ?? seal?.size ?? Epoch.size(file) ?? 0
    }

    /// When its directory was completed; nil where that cannot be told.
    var madeAt: Timestamp? {
        made.withLock { made in
            if let made { return made }
            var status = stat()
            guard unsafe stat(directory + "/about", &status) == 0 else { return nil }
            made = Timestamp(microseconds: Int64(status.st_mtim.tv_sec) * 1_000_000)
            return made
        }
    }

    /// The live epoch has ended at `position`.
    func end(at position: Position) {
        bounds.withLock { $0.last = position }
    }

    func setSeal(_ seal: EpochSeal) {
        bounds.withLock { $0.seal = seal }
        // From now on it is opened to be read, which takes no lock and one descriptor.
        close()
    }

    /// Closes it when the last of its readers has ended; the next opens it again.
    func close() {
        state.withLock { if case .open = $0 { $0 = .closed(isKnownSound: true) } }
    }

    /// From now on reading it is refused with this reason.
    func setDamage(_ reason: String) {
        state.withLock { $0 = .damaged(reason) }
    }

    /// Opens the epoch where it is not open.
    ///
    /// - Parameter mapSize: for the live epoch, which grows; others take their file's size.
    /// - Throws: ``LogError/damaged(position:reason:)`` at the epoch's first position.
    func open(mapSize: Int? = nil) throws(LogError) -> Storage {
        let (storage, wasClosed) = try state.withLock { state throws(LogError) in
            switch state {
            case .open(let storage): return (storage, false)
            case .damaged(let reason): throw .damaged(position: first, reason: reason)
            case .closed(let isKnownSound):
                do throws(LogError) {
                    let storage = try load(mapSize, isKnownSound)
                    state = .open(storage)
                    return (storage, true)
                } catch {
                    if case .damaged(_, let reason) = error { state = .damaged(reason) }
                    throw error
                }
            }
        }
        if wasClosed, seal != nil { opened?.add(self) }
        return storage
    }

    private func load(_ mapSize: Int?, _ isKnownSound: Bool) throws(LogError) -> Storage {
        let seal = seal
        let advice = "restore \(directory) from a backup"
        if let size = Epoch.size(file) {
            if let seal, seal.size != size {
                throw .damaged(position: first, reason: "\(file) has \(size) bytes and not the \(seal.size) of its seal; \(advice)")
            }
        } else {
            throw .damaged(position: first, reason: "\(file) is missing; \(advice)")
        }
        do throws(LMDBError) {
            return try Storage(
                directory, mapSize: max(mapSize ?? 0, (Epoch.size(file) ?? 0) + (1 << 20)), isReadOnly: isReadOnly || seal != nil,
                isKnownSound: isKnownSound && seal != nil)
        } catch {
            guard error.kind == .damaged else { throw LogError(error) }
            throw .damaged(position: first, reason: "\(file) is damaged (\(error)); \(advice)")
        }
    }

    /// A new environment in `directory`, which exists.
    static func create(_ directory: String, mapSize: Int) throws(LogError) -> Storage {
        do throws(LMDBError) { return try Storage(directory, mapSize: mapSize) } catch { throw LogError(error) }
    }

    /// The size of a file, or nil where there is none.
    static func size(_ path: String) -> Int? {
        var status = stat()
        return unsafe stat(path, &status) == 0 ? Int(status.st_size) : nil
    }
}

/// The sealed epochs that are open: so many at most, as each holds a descriptor and address space, and a log has epochs without end.
final class OpenEpochs: Sendable {
    private let maximum: Int
    private let epochs = Mutex<[Epoch]>([])

    init(maximum: Int) {
        self.maximum = maximum
    }

    /// Closes the one that was opened first where there are too many.
    func add(_ epoch: Epoch) {
        let surplus = epochs.withLock { epochs in
            epochs.removeAll { $0 === epoch }
            epochs.append(epoch)
            return epochs.count > maximum ? epochs.removeFirst() : nil
        }
        surplus?.close()
    }

    /// Forgets epochs that are no more.
    func remove(_ gone: [Epoch]) {
        epochs.withLock { epochs in epochs.removeAll { epoch in gone.contains { $0 === epoch } } }
    }
}
