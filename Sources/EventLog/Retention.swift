internal import Crypto
package import JourneyModel
internal import Synchronization

/// Which of the oldest epochs retention would take away.
package struct RetentionPlan: Equatable, Sendable {
    /// How many epochs.
    package let epochs: Int
    /// The positions that would go.
    package let positions: ClosedRange<Position>
    /// Bytes of disk that would be free.
    package let bytes: Int
    /// When the last event that would go was stored.
    package let recordedAt: Timestamp
    /// Names this plan and no other: who gives it back has seen what would go.
    package let token: String
    let firstKept: Int

    /// How many events would go.
    package var events: Int { positions.count }
}

extension EventLog {
    /// The sealed epochs at the log's beginning that hold only events stored before `moment`, or that are too many for `size` bytes.
    ///
    /// Whole epochs only: an event may stay as long as the last one of its epoch. The live epoch always stays.
    /// - Parameters:
    ///   - moment: what was stored before it may go; nil for no such limit.
    ///   - size: the bytes of epochs that may stay; nil for no such limit.
    /// - Returns: nil where nothing would go.
    package func retentionPlan(before moment: Timestamp?, keeping size: Int?) -> RetentionPlan? {
        let all = epochs.all
        var left = all.reduce(0) { $0 + $1.bytes }
        var (count, freed) = (0, 0)
        var lastSeal: EpochSeal?
        for epoch in all.dropLast() {
            guard let seal = epoch.seal else { break }
            let isOld = moment.map { seal.recordedAt < $0 } ?? false
            let isTooMuch = size.map { left > $0 } ?? false
            guard isOld || isTooMuch else { break }
            (count, freed, left, lastSeal) = (count + 1, freed + epoch.bytes, left - epoch.bytes, seal)
        }
        guard let lastSeal, let first = all.first?.first else { return nil }
        let text = "retain \(epochs.log.text) \(first) \(lastSeal.number) \(lastSeal.digest)"
        let token = SHA256.hash(data: Array(text.utf8)).prefix(16).hexadecimal
        return RetentionPlan(
            epochs: count, positions: first...lastSeal.last, bytes: freed, recordedAt: lastSeal.recordedAt, token: token,
            firstKept: lastSeal.number + 1)
    }

    /// Takes away what `plan` names. The ids of these events are then unknown: one of them sent again is a new event.
    ///
    /// What is to go is written down first: a crash leaves all of it, or what the next start takes away.
    /// - Throws: ``LogError/unusable(_:)`` where the plan is not one of this moment any more, or a file cannot be removed.
    package func retain(_ plan: RetentionPlan) throws(LogError) {
        try epochs.removeFirst(plan.epochs, upTo: plan.firstKept)
        // Who follows the log is to learn that it begins elsewhere.
        for observer in observers.withLock({ $0 }) { observer(tail) }
    }
}
