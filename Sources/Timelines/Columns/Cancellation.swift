internal import Synchronization

/// Says to long work that nobody waits for it any more.
package final class Cancellation: Sendable {
    private let flag = Atomic<Bool>(false)

    package init() {}

    /// Whether the work may stop.
    package var isCancelled: Bool { flag.load(ordering: .relaxed) }

    /// Asks the work to stop.
    package func cancel() { flag.store(true, ordering: .relaxed) }
}
