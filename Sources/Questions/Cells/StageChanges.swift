/// Times that ``StageCells`` has yet to take out or put in: a few, each of which waits while the memory that it needs comes into the processor's cache.
///
/// Journeys stay in a stage for the most different times, so that each change is somewhere else in memory: where there are many journeys, waiting for it would
/// be most of the work.
package struct StageChanges: Sendable {
    struct Change: Sendable {
        let time: Int64
        let stage: Int
        let isDeadline: Bool
        let isAdded: Bool
        /// The run of times that it was when the change came, which others may have split since.
        let run: Int
    }

    /// So many wait: a change costs about as much as memory does.
    private static let most = 8

    private var changes: [Change] = []
    private var oldest = 0

    package init() {}

    /// Puts a change behind the others.
    ///
    /// - Returns: the one whose turn it is now.
    mutating func put(_ change: Change) -> Change? {
        guard changes.count == StageChanges.most else {
            changes.append(change)
            return nil
        }
        let due = changes[oldest]
        changes[oldest] = change
        oldest = (oldest + 1) % StageChanges.most
        return due
    }

    /// Takes all that wait, in the order in which they came.
    mutating func takeAll() -> [Change] {
        defer {
            changes.removeAll(keepingCapacity: true)
            oldest = 0
        }
        return Array(changes[oldest...] + changes[..<oldest])
    }
}
