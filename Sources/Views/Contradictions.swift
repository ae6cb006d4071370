package import JourneyModel
internal import Questions
internal import Synchronization
internal import Timelines

extension JourneyViews {
    /// The events by which journeys entered a stage before one that comes first on the map, in the order of the log: one for each of the
    /// contradictions that the funnel counts, as of one position.
    ///
    /// - Complexity: O(journeys), and O(entries) of those that contradict themselves.
    package func contradictions() -> [Position] {
        state.withLock { state in
            state.settle()
            var positions: [Position] = []
            state.eachSummary { component, summary in
                let pairs = zip(summary.firstEntries, summary.firstEntries.dropFirst()).filter { $1.time < $0.time }
                guard !pairs.isEmpty else { return }
                let entered = state.timelines.entered(component)
                positions += pairs.compactMap { entered[$1.stage] }
            }
            return positions.sorted()
        }
    }
}

extension Timelines {
    /// For each stage that a journey entered, the position of the event that did it. O(its entries).
    func entered(_ component: UInt32) -> [Int: Position] {
        var events: [(entry: Entry, subject: UInt32)] = []
        journey(component, into: &events)
        return entered(events)
    }

    /// The same of entries that are at hand, in the order of time.
    func entered(_ journey: [(entry: Entry, subject: UInt32)]) -> [Int: Position] {
        var entered: [Int: Position] = [:]
        for (entry, _) in journey where entry.rule != 0 {
            guard case .enters(let stage, _) = map.rules[Int(entry.rule) - 1].effect, entered[stage] == nil else { continue }
            entered[stage] = entry.position
        }
        return entered
    }
}
