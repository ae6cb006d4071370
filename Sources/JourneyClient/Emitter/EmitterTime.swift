internal import Dispatch

/// The clock of an ``Emitter``, so that tests need not wait.
package struct EmitterTime: Sendable {
    /// The time since some moment.
    let now: @Sendable () -> Duration
    /// Waits until such a time has come, or the task is cancelled.
    let sleep: @Sendable (_ until: Duration) async -> Void

    package init(now: @escaping @Sendable () -> Duration, sleep: @escaping @Sendable (_ until: Duration) async -> Void) {
        (self.now, self.sleep) = (now, sleep)
    }

    /// The system's clock.
    static var continuous: EmitterTime {
        let start = ContinuousClock.now
        return EmitterTime(
            now: { ContinuousClock.now - start },
            sleep: { try? await Task.sleep(until: start + $0, clock: .continuous) })
    }
}

/// Runs an actor on a queue of its own: writing to a spool blocks, which must not hold up a thread that other tasks run on.
final class QueueExecutor: SerialExecutor {
    private let queue = DispatchQueue(label: "journeyd.emitter")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { unsafe job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}
