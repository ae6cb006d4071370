internal import EventLog
internal import Glibc
internal import JourneyModel
internal import LMDB
internal import Synchronization
internal import Timelines

/// The built-in views under another stage map than the one that they answer under, until they have seen as much.
struct Rebuild {
    /// What is told of it.
    struct Progress: Sendable {
        /// How much is done, from 0 to 1.
        let share: Double
        /// Why it does not go on, and is tried again.
        let reason: String?
    }

    var state: JourneyState
    private let file: EntryFile?
    private let path: String

    /// Begins, with entries in a new file at `path`; in memory where there can be none.
    init(map: StageMap, path: String) {
        self.path = path
        file = try? EntryFile(path: path, isNew: true)
        state = JourneyState(map: map, file: file)
    }

    /// Has the file take the place of the one at `other`.
    func move(to other: String) throws(LogError) {
        guard file != nil, unsafe rename(path, other) != 0 else { return }
        throw .unusable("cannot rename \(path) to \(other): \(unsafe String(cString: strerror(errno)))")
    }
}

extension JourneyViews {
    /// Whether the map that the views answer under is not the one in force.
    package var isOutdated: Bool { state.withLock { $0.mapDue(shipped) != nil } }

    /// Builds the views under the map in force, beside those that answer, by a batch of events; cuts over in one step when they have seen as much.
    ///
    /// - Returns: whether other views answer from now on.
    /// - Throws: where events cannot be read, or the checkpoint of the old views cannot be thrown away. What is done already counts when it is tried again.
    func goOn(_ rebuild: inout Rebuild?, _ store: ViewStore, _ checkpoints: CheckpointWriter) throws(LogError) -> Bool {
        guard let map = state.withLock({ $0.mapDue(shipped) }) else {
            // Nothing is due, or no more: the next definition may set the old map again.
            rebuild = nil
            rebuilding.withLock { $0 = nil }
            return false
        }
        if rebuild?.state.timelines.map.canonicalText != map.canonicalText { rebuild = Rebuild(map: map, path: entries + ".next") }
        try rebuild?.state.take(JourneyViews.batch, from: log)
        let (before, tail) = (log.first - 1, log.tail)
        let reached = max(rebuild?.state.timelines.position ?? 0, before)
        let share = min(1, Double(reached - before) / Double(max(1, tail - before)))
        rebuilding.withLock { $0 = Rebuild.Progress(share: share, reason: nil) }
        guard reached >= position else { return false }
        rebuild?.state.settle()
        // A checkpoint of the old views must not meet with the entries of the new ones.
        checkpoints.wait()
        do throws(LMDBError) { try store.clear() } catch { throw .unusable("the views' checkpoint cannot be thrown away: \(error)") }
        try rebuild?.move(to: entries)
        if let next = rebuild.take() { put(next.state) }
        rebuilding.withLock { $0 = nil }
        release()
        return true
    }
}
