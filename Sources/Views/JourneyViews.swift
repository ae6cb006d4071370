internal import Crypto
package import EventLog
internal import Glibc
package import JourneyModel
internal import LMDB
internal import NIOConcurrencyHelpers
internal import Questions
internal import Synchronization
internal import Timelines

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
    private static let breath: UInt32 = 2_000
    private static let settlePause = Duration.seconds(1)
    private static let checkpointPause = Duration.seconds(10)
    /// What could not be read is tried again after so long.
    private static let retryPause = Duration.seconds(30)

    /// The map in force where no event sets one.
    let shipped: StageMap
    let log: EventLog
    let state: Mutex<JourneyState>
    // Where the timelines' entries are.
    let entries: String
    // Apart from the state, so that who asks how the views are waits for nothing that they do.
    private let definition: Mutex<String>
    private let phaseNow = Mutex(Phase.replaying)
    /// How far the building of the views under another map is; nil where they are under the one in force.
    let rebuilding = Mutex<Rebuild.Progress?>(nil)
    private let seen = Atomic<Position>(0)
    // The lock's value says whether there is something to do.
    private let wake = ConditionLock(value: true)
    private let isClosing = Atomic<Bool>(false)
    private let waiters = Waiters()
    private let followers = Mutex<[ObjectIdentifier: @Sendable () -> Void]>([:])
    private let thread = Mutex<DedicatedThread?>(nil)

    /// Starts following `log`, from the checkpoint in `directory` where there is one.
    ///
    /// - Parameters:
    ///   - map: the map in force where no event of the log sets one.
    ///   - mapSize: the most that checkpoints may take of the disk, in bytes.
    /// - Throws: where the store of checkpoints cannot be opened; it may be deleted, at the cost of a replay.
    package init(log: EventLog, map: StageMap, directory: DataDirectory, mapSize: Int = 1 << 38) throws(LogError) {
        self.log = log
        shipped = map
        definition = Mutex(map.digest)
        state = Mutex(JourneyState(map: map))
        let path = try directory.directory("views")
        entries = path + "/entries"
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

    /// What they do now.
    package var phase: Phase { phaseNow.withLock { $0 } }

    /// Calls `body` when the views have seen `position`, at once where they have.
    package func whenSeen(_ position: Position, _ body: @escaping @Sendable () -> Void) {
        waiters.add(position, body)
        waiters.release(through: self.position)
    }

    private var isLive: Bool { phaseNow.withLock { if case .live = $0 { true } else { false } } }

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

    private func wakeUp() {
        wake.lock()
        wake.unlock(withValue: true)
    }

    func release() {
        waiters.release(through: position)
        for follower in followers.withLock({ Array($0.values) }) { follower() }
    }
}

// MARK: - Following the log

extension JourneyViews {
    private func follow(_ store: ViewStore) {
        let checkpoints = CheckpointWriter(store) { [self] changes in state.withLock { $0.keep(changes) } }
        defer { checkpoints.close() }
        resume(from: store)
        var beginning = log.first
        var (lastCheckpoint, lastSettled) = (ContinuousClock.now, ContinuousClock.now)
        var isUnsaved = false
        var rebuild: Rebuild?
        // Until when building anew pauses, after something could not be read.
        var pause = ContinuousClock.now
        while true {
            waitForWork(isOutdated ? pause : nil)
            do throws(LogError) {
                while position < log.tail || log.first != beginning || pause <= .now && isOutdated, !isClosing.load(ordering: .acquiring) {
                    if log.first != beginning {
                        beginning = log.first
                        checkpoints.wait()
                        startAnew(store)
                        rebuild = nil
                    }
                    if position < log.tail {
                        try catchUp()
                        isUnsaved = true
                    }
                    // Until all that was stored is in, another map may yet come.
                    if pause <= .now, isLive || position >= log.tail {
                        do throws(LogError) {
                            if try goOn(&rebuild, store, checkpoints) { isUnsaved = true }
                        } catch {
                            pause = .now + JourneyViews.retryPause
                            rebuilding.withLock { $0 = Rebuild.Progress(share: $0?.share ?? 0, reason: "\(error)") }
                        }
                    }
                    if lastCheckpoint.duration(to: .now) > JourneyViews.checkpointPause, checkpoints.isIdle {
                        save(by: checkpoints)
                        (lastCheckpoint, isUnsaved) = (.now, false)
                    }
                }
            } catch {
                phaseNow.withLock { $0 = .stopped(error) }
                rest(JourneyViews.retryPause)
                // Whatever came meanwhile, there is something to do.
                wakeUp()
                if isClosing.load(ordering: .acquiring) { break }
                continue
            }
            if isClosing.load(ordering: .acquiring) { break }
            if !isLive {
                // What a replay has brought is folded before anybody is told that the views are up to date.
                state.withLock { $0.settle() }
                phaseNow.withLock { $0 = .live }
                release()
            }
            // What comes in the next moments is taken in together: following each commit at once costs those who wait for it.
            if waiters.isEmpty { usleep(JourneyViews.breath) }
            // What came is folded when nothing comes for a moment, once a second otherwise, or when somebody asks.
            if position >= log.tail || lastSettled.duration(to: .now) > JourneyViews.settlePause {
                state.withLock { $0.settle() }
                lastSettled = .now
            }
        }
        if isUnsaved {
            checkpoints.wait()
            save(by: checkpoints)
            checkpoints.wait()
        }
        phaseNow.withLock { $0 = .closed }
    }

    /// Waits until there is something to do.
    ///
    /// - Parameter moment: when there is, whatever comes.
    private func waitForWork(_ moment: ContinuousClock.Instant?) {
        guard let moment else {
            wake.lock(whenValue: true)
            return wake.unlock(withValue: false)
        }
        let seconds = max(0, ContinuousClock.now.duration(to: moment) / .seconds(1))
        if wake.lock(whenValue: true, timeoutSeconds: seconds) { wake.unlock(withValue: false) }
    }

    /// Waits so long, or until the views are closed.
    private func rest(_ pause: Duration) {
        let end = ContinuousClock.now + pause
        while ContinuousClock.now < end, !isClosing.load(ordering: .acquiring) {
            guard wake.lock(whenValue: true, timeoutSeconds: 1) else { continue }
            wake.unlock(withValue: false)
        }
    }

    /// Forgets everything: what retention took away is not in the views either, as it would not be after a replay.
    private func startAnew(_ store: ViewStore) {
        phaseNow.withLock { $0 = .replaying }
        begin()
        try? store.clear()
    }

    /// A state without events, whose entries go to a new file; to memory where there can be none.
    private func begin() {
        let file = try? EntryFile(path: entries, isNew: true)
        // Mostly the map that was in force is the one that will be.
        put(JourneyState(map: state.withLock { $0.timelines.map }, file: file))
    }

    /// Has another state answer from now on.
    func put(_ new: JourneyState) {
        state.withLock { state in
            let generation = state.generation + 1
            state = new
            state.generation = generation
        }
        definition.withLock { $0 = new.definition }
        seen.store(new.timelines.position, ordering: .releasing)
    }

    /// Takes in the next events, a batch at a time, so that questions get their turn.
    private func catchUp() throws(LogError) {
        var failure: LogError?
        let position = state.withLock { state -> Position in
            do throws(LogError) { try state.take(JourneyViews.batch, from: log) } catch { failure = error }
            // What retention took away counts as seen: nothing of it will come.
            return max(state.timelines.position, log.first - 1)
        }
        seen.store(position, ordering: .releasing)
        release()
        if let failure { throw failure }
    }

    private func resume(from store: ViewStore) {
        guard let file = try? EntryFile(path: entries, isNew: false),
            let loaded = try? store.load(file: file, log: log, definition: identity, anchor: anchor)
        else {
            // Another format, another log or damage: what is there would mix with what comes.
            begin()
            try? store.clear()
            return
        }
        // Folded before it is put in place: questions are answered meanwhile.
        var resumed = JourneyState(timelines: loaded)
        // What cannot be read now is tried again with the next events.
        try? resumed.follow(log)
        put(resumed)
        release()
    }

    private func save(by checkpoints: CheckpointWriter) {
        let (changes, map) = state.withLock { ($0.takeChanges(), $0.timelines.map) }
        guard let changes else { return }
        checkpoints.write(changes, map: map.canonicalText, definition: identity(map), anchor: anchor(changes.position) ?? "")
    }

    /// What a checkpoint is of: what older versions of data are read as is in the entries, too.
    private func identity(_ map: StageMap) -> String {
        let text = map.canonicalText + log.options.upcasters.canonicalText
        return "sha256:" + SHA256.hash(data: text).hexadecimal
    }

    /// What the log holds at `position`: enough to tell this log from another one.
    private func anchor(_ position: Position) -> String? {
        guard let event = try? log.event(at: position) else { return nil }
        return "\(log.first) \(event.recordedAt.microseconds) \(event.source) \(event.id)"
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
        return ViewStatus(
            name: name, version: 1, isCurrent: true, upkeep: .incremental, definition: definition.withLock { $0 }, state: state,
            reason: reason, position: position, progress: rebuilding?.share ?? 1, remaining: nil, parked: [], parkedCount: 0)
    }
}
