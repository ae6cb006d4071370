internal import EventLog
internal import Glibc
internal import JourneyModel
internal import Synchronization
internal import Timelines

/// The built-in views under another stage map than the one that they answer under, until they have seen as much and are stored.
///
/// They are stored before anybody is told of them, in the place of the checkpoint of those that answer and with a file of entries of their own: whenever the
/// daemon is killed, the next start has either those or these, whole.
struct Rebuild {
    /// What is told of it.
    struct Progress: Sendable {
        /// How much is done, from 0 to 1.
        let share: Double
        /// Why it does not go on, and is tried again.
        let reason: String?
    }

    /// Changes that a checkpoint is written of.
    final class Storing: Sendable {
        private let failed = Mutex<Timelines.Changes?>(nil)

        func fail(_ changes: Timelines.Changes) {
            failed.withLock { $0 = changes }
        }

        /// Those that could not be stored, as the disk is full.
        var unstored: Timelines.Changes? { failed.withLock { $0 } }
    }

    var state: JourneyState
    /// The checkpoint that is being written of it; nil until all is in.
    var storing: Storing?

    /// - Parameter file: where entries go; nil to keep them in memory.
    init(map: StageMap, file: EntryFile?) {
        state = JourneyState(map: map, file: file)
    }
}

extension JourneyViews {
    /// Whether the map that the views answer under is not the one in force.
    package var isOutdated: Bool { state.withLock { $0.mapDue(shipped) != nil } }

    /// Builds the views under the map in force, beside those that answer, by a batch of events; cuts over in one step when they have seen as much and are
    /// stored.
    ///
    /// - Returns: whether other views answer from now on.
    /// - Throws: where events cannot be read. What is done already counts when it is tried again.
    func goOn(_ rebuild: inout Rebuild?, _ checkpoints: CheckpointWriter) throws(LogError) -> Bool {
        guard let map = state.withLock({ $0.mapDue(shipped) }) else {
            // Nothing is due, or no more: the next definition may set the old map again.
            abandon(&rebuild, checkpoints)
            rebuilding.withLock { $0 = nil }
            return false
        }
        if rebuild?.state.timelines.map.canonicalText != map.canonicalText {
            abandon(&rebuild, checkpoints)
            rebuild = Rebuild(map: map, file: newEntries())
        }
        let before = rebuild?.state.timelines.position
        try rebuild?.state.take(JourneyViews.batch, from: log)
        let reached = note(rebuild)
        guard reached >= position else { return false }
        rebuild?.state.settle()
        guard let storing = rebuild?.storing else {
            let storing = store(&rebuild, checkpoints)
            rebuild?.storing = storing
            return false
        }
        guard checkpoints.isIdle else {
            // There is nothing to do but to wait for the device.
            if reached == before { usleep(JourneyViews.breath) }
            return false
        }
        if let unstored = storing.unstored { rebuild?.state.keep(unstored) }
        if let next = rebuild.take() { put(next.state) }
        rebuilding.withLock { $0 = nil }
        release()
        return true
    }

    /// Gives up what is built. Where a checkpoint of it was begun, the next one has all of the views that answer.
    func abandon(_ rebuild: inout Rebuild?, _ checkpoints: CheckpointWriter) {
        if rebuild?.storing != nil {
            checkpoints.wait()
            state.withLock { $0.keepAll() }
        }
        rebuild = nil
    }

    /// Notes how far a rebuild is.
    ///
    /// - Returns: the last event that it has seen.
    private func note(_ rebuild: Rebuild?) -> Position {
        let (before, tail) = (log.first - 1, log.tail)
        let reached = max(rebuild?.state.timelines.position ?? 0, before)
        let share = min(1, Double(reached - before) / Double(max(1, tail - before)))
        rebuilding.withLock { $0 = Rebuild.Progress(share: share, reason: nil) }
        return reached
    }

    /// Begins to store what is built.
    private func store(_ rebuild: inout Rebuild?, _ checkpoints: CheckpointWriter) -> Rebuild.Storing {
        let storing = Rebuild.Storing()
        // One of the views that answer must not come behind it.
        checkpoints.wait()
        guard let changes = rebuild?.state.takeChanges(), let timelines = rebuild?.state.timelines else { return storing }
        write(changes, timelines.map, timelines.parked, checkpoints) { storing.fail($0) }
        return storing
    }
}
