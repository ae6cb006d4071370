internal import JourneyModel

/// Which entries are voided or corrected, kept up to date by one compensation (`ops.event.voided`, `.corrected`) after another.
///
/// A compensation counts unless a later one (by time, then position) that counts voids it; of the corrections of an entry the latest that counts holds. So
/// what comes out does not depend on the order of arrival: it is what ``Effects`` says of all of them at once. A new one costs the chain of
/// compensations that it sets off, mostly one. Memory: about 150 bytes a compensation.
struct CompensationLedger: Sendable {
    /// One of them.
    struct Compensation: Sendable, Equatable {
        /// The entry that it came as.
        let entry: UInt32
        let position: Position
        let time: Int64
        /// Voided rather than corrected.
        let isVoid: Bool
        let source: String
        let id: String
        /// The entry that is meant, once it has come.
        var target: UInt32?
        var isApplied = true
    }

    private(set) var all: [Compensation] = []
    /// By entry, the compensations that mean it.
    private var byTarget: [UInt32: [Int]] = [:]
    /// By entry, the compensation that it is.
    private var byEntry: [UInt32: Int] = [:]
    /// By id, those whose target has not come.
    private var waiting: [String: [Int]] = [:]
    // Hashes of their ids: nearly every event is told apart by its own, without a text being made.
    private var waitingIDs: Set<Int> = []
    /// Entries that do not count.
    private(set) var voided: Set<UInt32> = []
    /// By entry, that of the correction whose data stands for its own.
    private(set) var corrections: [UInt32: UInt32] = [:]

    /// Takes in a compensation whose target may be known.
    ///
    /// - Returns: the entries of which something else holds from now on.
    mutating func add(_ compensation: Compensation) -> [UInt32] {
        let index = all.count
        all.append(compensation)
        byEntry[compensation.entry] = index
        all[index].isApplied = applies(index)
        guard compensation.target != nil else {
            waiting[compensation.id, default: []].append(index)
            waitingIDs.insert(CompensationLedger.hash(Array(compensation.id.utf8).span))
            return []
        }
        return meet(index)
    }

    /// Whether a compensation may wait for an event with this id.
    func mayAwait(_ id: Span<UInt8>) -> Bool {
        !waitingIDs.isEmpty && waitingIDs.contains(CompensationLedger.hash(id))
    }

    /// An event has come.
    ///
    /// - Returns: the compensations that waited for it, and the entries of which something else holds from now on.
    mutating func arrive(_ entry: UInt32, source: String, id: String) -> (met: [Int], changed: [UInt32]) {
        let met = (waiting[id] ?? []).filter { all[$0].source == source }
        guard !met.isEmpty else { return ([], []) }
        waiting[id]?.removeAll { met.contains($0) }
        if waiting[id]?.isEmpty == true {
            waiting[id] = nil
            // Two ids may share a hash.
            waitingIDs = Set(waiting.keys.map { CompensationLedger.hash(Array($0.utf8).span) })
        }
        var changed: [UInt32] = []
        for index in met {
            all[index].target = entry
            changed += meet(index)
        }
        return (met, changed)
    }

    /// A compensation has its target.
    private mutating func meet(_ index: Int) -> [UInt32] {
        guard let target = all[index].target else { return [] }
        byTarget[target, default: []].append(index)
        var changed: [UInt32] = []
        var next: UInt32? = target
        while let entry = next {
            next = nil
            if decide(entry) { changed.append(entry) }
            guard let compensation = byEntry[entry] else { break }
            let isApplied = applies(compensation)
            guard isApplied != all[compensation].isApplied else { break }
            all[compensation].isApplied = isApplied
            // Only earlier ones hang on it, so this ends.
            next = all[compensation].target
        }
        return changed
    }

    /// Whether nothing later that counts voids the compensation.
    private func applies(_ index: Int) -> Bool {
        let own = all[index]
        return !(byTarget[own.entry] ?? []).contains { other in
            let other = all[other]
            return other.isVoid && other.isApplied && (other.time, other.position) > (own.time, own.position)
        }
    }

    /// Works out what holds of an entry.
    ///
    /// - Returns: whether that is something else than before.
    private mutating func decide(_ entry: UInt32) -> Bool {
        var latest: Compensation?
        var isVoided = false
        for index in byTarget[entry] ?? [] where all[index].isApplied {
            let compensation = all[index]
            if compensation.isVoid {
                isVoided = true
            } else if latest.map({ ($0.time, $0.position) < (compensation.time, compensation.position) }) ?? true {
                latest = compensation
            }
        }
        let isChanged = isVoided != voided.contains(entry) || latest?.entry != corrections[entry]
        if isVoided { voided.insert(entry) } else { voided.remove(entry) }
        corrections[entry] = latest?.entry
        return isChanged
    }

    private static func hash(_ id: Span<UInt8>) -> Int {
        var hasher = Hasher()
        unsafe id.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
        return hasher.finalize()
    }
}
