internal import Synchronization

/// Says to long work whether anybody still waits for it, and is told how far it is. Called from several threads.
package final class WorkMonitor: Sendable {
    /// What is being done.
    package enum Stage: String, Sendable {
        /// Taking events of the log into the columns.
        case events
        /// Reading fields out of events.
        case fields
        /// Holding journeys against a definition.
        case journeys
    }

    private let isStopped = Atomic<Bool>(false)
    private let isWanted: @Sendable () -> Bool
    private let report: @Sendable (_ stage: Stage, _ done: Int, _ total: Int) -> Void

    /// - Parameters:
    ///   - isWanted: whether anybody waits; asked a few hundred times a second.
    ///   - report: told about as often how much of a stage is done.
    package init(
        isWanted: @escaping @Sendable () -> Bool = { true },
        report: @escaping @Sendable (_ stage: Stage, _ done: Int, _ total: Int) -> Void = { _, _, _ in }
    ) {
        self.isWanted = isWanted
        self.report = report
    }

    /// Whether the work may stop.
    package var isCancelled: Bool {
        if isStopped.load(ordering: .relaxed) { return true }
        guard !isWanted() else { return false }
        isStopped.store(true, ordering: .relaxed)
        return true
    }

    /// Asks the work to stop.
    package func cancel() { isStopped.store(true, ordering: .relaxed) }

    /// Tells how far the work is.
    package func tell(_ stage: Stage, _ done: Int, of total: Int) { report(stage, done, total) }
}
