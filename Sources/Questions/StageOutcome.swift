package import JourneyModel

/// What became of a journey that entered a stage, at a given moment.
package enum StageOutcome: Sendable, Hashable {
    /// It entered a later stage within the stage's window, so long after entering this one; negative where before.
    case converted(after: Int64)
    /// It has not and still can.
    case undecided
    /// It has not and can no more: its window is over or it ended with an outcome.
    case dropped

    /// - Parameters:
    ///   - stage: a stage that the journey entered, at `time`.
    ///   - at: the moment to judge at.
    package init(_ journey: JourneySummary, stage: Int, entered time: Int64, map: StageMap, at moment: Int64) {
        let window = map.stages[stage].window
        if let next = journey.firstEntries.first(where: { $0.stage > stage && $0.time - time <= window }) {
            self = .converted(after: next.time - time)
        } else if moment - time > window {
            self = .dropped
        } else if case .exited = journey.visits.last?.end {
            self = .dropped
        } else {
            self = .undecided
        }
    }
}

/// Which journeys and stages a view speaks of.
package struct Scope: Sendable, Equatable {
    /// Journeys that entered their first stage at or after this moment.
    package var from: Int64?
    /// Journeys that entered their first stage before this moment.
    package var to: Int64?
    /// Only this department's stages; all where nil.
    package var department: Department?

    package init() {}

    func includes(_ journey: JourneySummary) -> Bool {
        guard from != nil || to != nil else { return true }
        guard let begun = journey.begun else { return false }
        return begun >= from ?? .min && begun < to ?? .max
    }
}
