package import EventLog
internal import Glibc
package import JourneyModel
internal import LMDB
internal import NIOConcurrencyHelpers
internal import Questions
internal import Synchronization
package import Timelines

/// The built-in live views, funnel and friction, kept up to date by a thread that follows the log.
///
/// Live and replayed are one path: the thread reads committed records from the log, whether they came a millisecond or a year ago.
/// Its checkpoint is written at most every ten seconds of work; after a crash it goes on from there, in the background.
package final class JourneyViews: Sendable {
    /// What the views do now.
    package enum Phase: Sendable {
        /// Reading what is stored already.
        case replaying
        /// Up to date but for what just came.
        case live
        /// It could not read on, and tries again.
        case stopped(LogError)
        /// Ended in good order.
        case closed
    }

    static let batch = 2_000
    /// Microseconds between two looks at the log.
    static let breath: UInt32 = 2_000
    static let settlePause = Duration.seconds(1)
    static let checkpointPause = Duration.seconds(10)

    /// The map in force where no event sets one.
    let shipped: StageMap
    let log: EventLog
    let state: Mutex<JourneyState>
    // Where files of entries are, and how many were made.
    let directory: String
    let entryFiles = Atomic<Int>(0)
    // Apart from the state, so that who asks how the views are waits for nothing that they do.
    let definition: Mutex<String>
    let parkedNow = Mutex<[ParkedEvent]>([])
    let phaseNow = Mutex(Phase.replaying)
    /// How far the building of the views under another map is; nil where they are under the one in force.
    let rebuilding = Mutex<Rebuild.Progress?>(nil)
    let seen = Atomic<Position>(0)
    // What could not be read is tried again after so long.
    let retryPause: Duration
    // The lock's value says whether there is something to do.
    let wake = ConditionLock(value: true)
    let isClosing = Atomic<Bool>(false)
    let waiters = Waiters()
    private let followers = Mutex<[ObjectIdentifier: @Sendable () -> Void]>([:])
    private let thread = Mutex<DedicatedThread?>(nil)

    /// Starts following `log`, from the checkpoint in `directory` where there is one.
    ///
    /// - Parameters:
    ///   - map: the map in force where no event of the log sets one.
    ///   - mapSize: the most that checkpoints may take of the disk, in bytes.
    ///   - retryPause: after how long what could not be read is tried again.
    /// - Throws: where the store of checkpoints cannot be opened; it may be deleted, at the cost of a replay.
    package init(
        log: EventLog, map: StageMap, directory: DataDirectory, mapSize: Int = 1 << 38, retryPause: Duration = .seconds(30)
    ) throws(LogError) {
        (self.log, self.retryPause) = (log, retryPause)
        shipped = map
        definition = Mutex(map.digest)
        state = Mutex(JourneyState(map: map))
        let path = try directory.directory("views")
        self.directory = path
        let store = try JourneyViews.open(path, mapSize)
        log.observe { [weak self] _ in self?.wakeUp() }
        let thread = DedicatedThread(name: "views", givesWay: true) { [self] in follow(store) }
        self.thread.withLock { $0 = thread }
    }

    /// Opens the checkpoints; where they are damaged, which a power cut in the first start does, too, they are begun anew.
    private static func open(_ path: String, _ mapSize: Int) throws(LogError) -> ViewStore {
        do throws(LMDBError) {
            return try ViewStore(directory: path, mapSize: mapSize)
        } catch  where error.kind == .damaged {
            unsafe unlink(path + "/data.mdb")
        } catch {
            throw .unusable("the checkpoints in \(path) cannot be used: \(error)")
        }
        do throws(LMDBError) {
            return try ViewStore(directory: path, mapSize: mapSize)
        } catch {
            throw .unusable("the checkpoints in \(path) cannot be used: \(error)")
        }
    }

    /// The last event that the views have seen.
    package var position: Position { seen.load(ordering: .acquiring) }

    /// The events up to there that could not be read: what the views tell is partial.
    package var parked: [ParkedEvent] { parkedNow.withLock { $0 } }

    /// What they do now.
    package var phase: Phase { phaseNow.withLock { $0 } }

    /// Calls `body` when the views have seen `position`, at once where they have.
    package func whenSeen(_ position: Position, _ body: @escaping @Sendable () -> Void) {
        waiters.add(position, body)
        waiters.release(through: self.position)
    }

    var isLive: Bool { phaseNow.withLock { if case .live = $0 { true } else { false } } }

    /// Whether they read what was stored before, and are not up to date yet.
    var isReplaying: Bool { phaseNow.withLock { if case .replaying = $0 { true } else { false } } }

    /// Has `body` called, on the views' thread, whenever they have gone on; nil not to have it called any more.
    func onProgress(_ follower: AnyObject, _ body: (@Sendable () -> Void)?) {
        followers.withLock { $0[ObjectIdentifier(follower)] = body }
    }

    /// Looks at journeys that have changed.
    func look(_ work: inout KeptWork, slice: Int) -> KeptWork.Look? {
        state.withLock { state in
            state.settle()
            return work.look(state, generation: state.generation, slice: slice)
        }
    }

    /// Writes a last checkpoint and ends.
    package func close() {
        isClosing.store(true, ordering: .releasing)
        wakeUp()
        thread.withLock { $0 }?.join()
    }

    func wakeUp() {
        wake.lock()
        wake.unlock(withValue: true)
    }

    func release() {
        waiters.release(through: position)
        for follower in followers.withLock({ Array($0.values) }) { follower() }
    }
}

extension JourneyViews {
    /// How the built-in view of this name is.
    package func status(_ name: String) -> ViewStatus {
        let rebuilding = rebuilding.withLock { $0 }
        let (state, reason): (ViewStatus.State, String?) =
            switch phase {
            case .replaying: (.replaying, nil)
            case .live: (rebuilding == nil ? .live : .rebuilding, rebuilding?.reason)
            case .closed: (.closed, nil)
            case .stopped(let error): (.stopped, "\(error)")
            }
        let parked = parked
        return ViewStatus(
            name: name, version: 1, isCurrent: true, upkeep: .incremental, definition: definition.withLock { $0 }, state: state,
            reason: reason, position: position, progress: rebuilding?.share ?? 1, remaining: nil, parked: parked,
            parkedCount: parked.count)
    }
}
