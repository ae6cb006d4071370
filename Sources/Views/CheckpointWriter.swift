internal import EventLog
internal import JourneyModel
internal import NIOConcurrencyHelpers
internal import Synchronization
internal import Timelines

/// Writes checkpoints on a thread of its own: their flushes take as long as the device likes, and the views go on meanwhile.
final class CheckpointWriter: Sendable {
    private struct Task: Sendable {
        let changes: Timelines.Changes
        let map: [UInt8]
        let definition: String
        let anchor: String
        let failed: @Sendable (Timelines.Changes) -> Void
    }

    private let store: ViewStore
    private let task = Mutex<Task?>(nil)
    private let isClosing = Atomic<Bool>(false)
    // The lock's value says whether there is something to write, or the end.
    private let lock = ConditionLock(value: false)
    private let thread = Mutex<DedicatedThread?>(nil)

    init(_ store: ViewStore) {
        self.store = store
        let thread = DedicatedThread(name: "checkpoints", givesWay: true) { [self] in run() }
        self.thread.withLock { $0 = thread }
    }

    /// Whether the last checkpoint is written, or has failed.
    var isIdle: Bool { task.withLock { $0 == nil } }

    /// Begins to write a checkpoint; only while ``isIdle``.
    ///
    /// - Parameters:
    ///   - changes, map, definition, anchor: as of ``ViewStore/save(_:map:definition:anchor:)``.
    ///   - failed: called where they could not be stored; the next checkpoint has to have them again.
    func write(
        _ changes: Timelines.Changes, map: [UInt8], definition: String, anchor: String,
        failed: @escaping @Sendable (Timelines.Changes) -> Void
    ) {
        lock.lock()
        task.withLock { $0 = Task(changes: changes, map: map, definition: definition, anchor: anchor, failed: failed) }
        lock.unlock(withValue: true)
    }

    /// Waits until the last checkpoint is written, or has failed.
    func wait() {
        lock.lock(whenValue: false)
        lock.unlock()
    }

    /// Ends the thread when the last checkpoint is written.
    func close() {
        wait()
        isClosing.store(true, ordering: .releasing)
        lock.lock()
        lock.unlock(withValue: true)
        thread.withLock { $0 }?.join()
    }

    private func run() {
        while true {
            lock.lock(whenValue: true)
            // Held by nobody meanwhile: the value stays true until the task is done, which is what `wait` waits for.
            lock.unlock(withValue: true)
            guard let task = task.withLock({ $0 }) else {
                if isClosing.load(ordering: .acquiring) { return }
                continue
            }
            if !save(task) { task.failed(task.changes) }
            lock.lock()
            self.task.withLock { $0 = nil }
            lock.unlock(withValue: false)
        }
    }

    /// A checkpoint that fails (a full disk) costs a longer replay after the next start and nothing else.
    private func save(_ task: Task) -> Bool {
        guard task.changes.flush() else { return false }
        return (try? store.save(task.changes, map: task.map, definition: task.definition, anchor: task.anchor)) != nil
    }
}
