internal import EventLog
internal import JourneyModel
internal import Synchronization

/// What is counted by source of events that are not in the log, or are there although they are not as they should be. Since the start.
final class IntakeCounts: Sendable {
    /// Sources that are told apart; those beyond, and events whose source could not be read, are added up in one.
    private static let maximumSources = 1_024
    /// Bytes of a source's name; longer ones are none.
    private static let maximumName = 1_024

    /// What was counted of one source.
    struct Counts: Sendable {
        var duplicates = 0
        /// Events that were stored although their data breaks their type's schema.
        var quarantined = 0
        /// By the code of the refusal.
        var rejected: [String: Int] = [:]
    }

    private let counts = Mutex<[String?: Counts]>([:])

    /// By source; nil for those that are one too many or could not be read.
    var all: [String?: Counts] { counts.withLock { $0 } }

    /// A source's name as it is counted under: nil where it could not be read or is too long.
    static func name(_ source: [UInt8]?) -> [UInt8]? {
        source.flatMap { $0.count <= maximumName ? $0 : nil }
    }

    /// Counts an event that was refused.
    func reject(_ source: [UInt8]?, _ code: String) {
        change(source) { $0.rejected[code, default: 0] += 1 }
    }

    /// Counts what became of a batch's events: those that were stored before or conflict, and those that are stored in quarantine.
    func add(_ batch: EventBatch, _ outcome: AppendOutcome) {
        for index in outcome.duplicated { change(batch.source(of: index)) { $0.duplicates += 1 } }
        for conflict in outcome.conflicts { reject(batch.source(of: conflict.index), Problem.Code.conflictingDuplicate.rawValue) }
        guard batch.quarantined > 0 else { return }
        let others = Set(outcome.duplicated + outcome.conflicts.map(\.index))
        for (index, draft) in batch.drafts.enumerated() where draft.isQuarantined && !others.contains(index) {
            change(batch.source(of: index)) { $0.quarantined += 1 }
        }
    }

    private func change(_ source: [UInt8]?, _ change: (inout Counts) -> Void) {
        let source = IntakeCounts.name(source).flatMap { String(validating: $0, as: UTF8.self) }
        counts.withLock { counts in
            let isKnown = counts[source] != nil || counts.count < IntakeCounts.maximumSources
            change(&counts[isKnown ? source : nil, default: Counts()])
        }
    }
}

extension EventBatch {
    fileprivate func source(of index: Int) -> [UInt8] {
        Array(bytes[drafts[index].source.range])
    }
}
