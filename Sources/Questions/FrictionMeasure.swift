package import JourneyModel

/// A place where journeys can suffer, and how.
package struct FrictionMeasure: Hashable, Sendable {
    /// The kinds, by the names that answers use. Durations: dwell, handoff wait, wait. Rates: the others.
    package enum Kind: String, Sendable {
        case handoffWait = "handoff-wait"
        case dwell
        case regression
        case rework
        case pingPong = "ping-pong"
        case dropOff = "drop-off"
        /// From one kind of event to another, and how many journeys have a kind of event: measures of the catalogue, with names of their own.
        case wait
        case rate

        var isDuration: Bool { self == .handoffWait || self == .dwell || self == .wait }
    }

    package let kind: Kind
    /// As answers have it.
    package let name: String
    /// Departments; equal where the work stays in one.
    package let from: Department
    package let to: Department
    /// The stage waited in or for, or the activity that is repeated.
    package let stage: String
    package let side: StageMap.Side

    /// - Parameter name: nil for the name of the kind.
    init(kind: Kind, name: String? = nil, from: Department, to: Department, stage: String, side: StageMap.Side) {
        (self.kind, self.name, self.from, self.to, self.stage, self.side) = (kind, name ?? kind.rawValue, from, to, stage, side)
    }

    /// What a stay in `stage` is: a handoff's wait where it is another department's turn, or else work in the stage.
    /// Nil in the last stage, where journeys are meant to stay.
    package static func stay(in stage: Int, _ map: StageMap) -> FrictionMeasure? {
        guard stage + 1 < map.stages.count else { return nil }
        let place = map.stages[stage]
        guard let other = place.waitsFor else {
            return FrictionMeasure(kind: .dwell, from: place.department, to: place.department, stage: place.name, side: place.side)
        }
        let next = map.stages[stage + 1].name
        return FrictionMeasure(kind: .handoffWait, from: place.department, to: other, stage: next, side: place.side)
    }
}

/// What one journey contributes to a measure.
struct FrictionCase: Sendable {
    /// The journey, by its place in the sequence.
    let journey: Int
    /// A duration measure's length so far or in all, in microseconds.
    let duration: Int64
    /// Whether the wait goes on.
    let isOpen: Bool
    /// A rate measure's journey to which it happened.
    let isAffected: Bool

    init(_ journey: Int, duration: Int64 = 0, isOpen: Bool = false, isAffected: Bool = false) {
        self.journey = journey
        self.duration = duration
        self.isOpen = isOpen
        self.isAffected = isAffected
    }

    /// Calls `add` with every case of a journey.
    ///
    /// - Parameter hours: the hours in which stays are measured; the whole week where nil.
    static func each(
        _ journey: JourneySummary, number: Int, map: StageMap, at moment: Int64, hours: BusinessHours? = nil,
        _ add: (FrictionMeasure, FrictionCase) -> Void
    ) {
        for visit in journey.visits {
            guard let measure = FrictionMeasure.stay(in: visit.stage, map) else { continue }
            let left = visit.left ?? moment
            let duration = max(0, hours?.duration(from: visit.entered, to: left) ?? (left - visit.entered))
            add(measure, FrictionCase(number, duration: duration, isOpen: visit.end == .open))
        }
        regressions(journey, number, map, add)
        rework(journey, number, map, add)
        for (stage, time) in journey.firstEntries where stage < map.stages.count - 1 {
            let outcome = StageOutcome(journey, stage: stage, entered: time, map: map, at: moment)
            guard outcome != .undecided else { continue }
            let place = map.stages[stage]
            let measure = FrictionMeasure(
                kind: .dropOff, from: place.department, to: place.department, stage: place.name, side: place.side)
            add(measure, FrictionCase(number, isAffected: outcome == .dropped))
        }
        if journey.hasHolders {
            for bounce in journey.bounces {
                add(pingPong(bounce.first, bounce.second), FrictionCase(number, isAffected: true))
            }
        }
    }

    /// The measure of bounces between two departments. Journeys whose cases have holders and do not bounce are its other cases:
    /// the view adds them, as only it knows which pairs there are.
    static func pingPong(_ first: Department, _ second: Department) -> FrictionMeasure {
        FrictionMeasure(kind: .pingPong, from: first, to: second, stage: "case", side: .customer)
    }

    private static func regressions(
        _ journey: JourneySummary, _ number: Int, _ map: StageMap, _ add: (FrictionMeasure, FrictionCase) -> Void
    ) {
        var seen: Set<Int> = []
        for visit in journey.visits where seen.insert(visit.stage).inserted {
            let wentBack = journey.visits.contains { other in
                if case .returned = other.end { other.stage == visit.stage } else { false }
            }
            let place = map.stages[visit.stage]
            let measure = FrictionMeasure(
                kind: .regression, from: place.department, to: place.department, stage: place.name, side: .seller)
            add(measure, FrictionCase(number, isAffected: wentBack))
        }
    }

    private static func rework(_ journey: JourneySummary, _ number: Int, _ map: StageMap, _ add: (FrictionMeasure, FrictionCase) -> Void) {
        for (bit, rework) in map.rework.enumerated() where journey.reworkBase & 1 << UInt32(bit) != 0 {
            let measure = FrictionMeasure(
                kind: .rework, from: rework.department, to: rework.department, stage: rework.activity, side: rework.side)
            add(measure, FrictionCase(number, isAffected: journey.reworkAgain & 1 << UInt32(bit) != 0))
        }
    }
}
