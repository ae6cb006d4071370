package import JourneyModel

/// A place where journeys can suffer, and how.
package struct FrictionMeasure: Hashable, Sendable {
    /// The kinds, by the names that answers use. Durations: dwell, handoff wait. Rates: the others.
    package enum Kind: String, Sendable {
        case handoffWait = "handoff-wait"
        case dwell
        case regression
        case rework
        case pingPong = "ping-pong"
        case dropOff = "drop-off"

        var isDuration: Bool { self == .handoffWait || self == .dwell }
    }

    package let kind: Kind
    /// Departments; equal where the work stays in one.
    package let from: Department
    package let to: Department
    /// The stage waited in or for, or the activity that is repeated.
    package let stage: String
    package let side: StageMap.Side

    /// What a journey waits for that is in `stage`: the handoff, where the next stage is another department's, or the stage's own work.
    package static func openWaits(in stage: Int, _ map: StageMap) -> [FrictionMeasure] {
        guard stage + 1 < map.stages.count else { return [] }
        let (place, next) = (map.stages[stage], map.stages[stage + 1])
        return next.department == place.department ? [dwell(in: place)] : [handoff(from: place, to: next)]
    }

    static func handoff(from place: StageMap.Stage, to next: StageMap.Stage) -> FrictionMeasure {
        FrictionMeasure(kind: .handoffWait, from: place.department, to: next.department, stage: next.name, side: place.side)
    }

    static func dwell(in place: StageMap.Stage) -> FrictionMeasure {
        FrictionMeasure(kind: .dwell, from: place.department, to: place.department, stage: place.name, side: place.side)
    }
}

/// What one journey contributes to a measure.
struct FrictionCase {
    let measure: FrictionMeasure
    /// The journey, by its place in the sequence.
    let journey: Int
    /// A duration measure's length so far or in all, in microseconds.
    let duration: Int64
    /// Whether the wait goes on.
    let isOpen: Bool
    /// A rate measure's journey to which it happened.
    let isAffected: Bool
    /// A stay that is told as a handoff's wait already: it counts in the dwell's figures and not in its severity.
    let isToldElsewhere: Bool

    private init(
        _ measure: FrictionMeasure, _ journey: Int, duration: Int64 = 0, isOpen: Bool = false, isAffected: Bool = false,
        isToldElsewhere: Bool = false
    ) {
        self.measure = measure
        self.journey = journey
        self.duration = duration
        self.isOpen = isOpen
        self.isAffected = isAffected
        self.isToldElsewhere = isToldElsewhere
    }

    /// Calls `add` with every case of a journey.
    static func each(
        _ journey: JourneySummary, number: Int, map: StageMap, at moment: Int64, _ add: (FrictionCase) -> Void
    ) {
        for visit in journey.visits { stay(visit, number, map, moment, add) }
        regressions(journey, number, map, add)
        rework(journey, number, map, add)
        for (stage, time) in journey.firstEntries where stage < map.stages.count - 1 {
            let outcome = StageOutcome(journey, stage: stage, entered: time, map: map, at: moment)
            guard outcome != .undecided else { continue }
            let place = map.stages[stage]
            let measure = FrictionMeasure(
                kind: .dropOff, from: place.department, to: place.department, stage: place.name, side: place.side)
            add(FrictionCase(measure, number, isAffected: outcome == .dropped))
        }
        if journey.hasHolders {
            for bounce in journey.bounces {
                add(FrictionCase(pingPong(bounce.first, bounce.second), number, isAffected: true))
            }
        }
    }

    /// The measure of bounces between two departments. Journeys whose cases have holders and do not bounce are its other cases:
    /// the view adds them, as only it knows which pairs there are.
    static func pingPong(_ first: Department, _ second: Department) -> FrictionMeasure {
        FrictionMeasure(kind: .pingPong, from: first, to: second, stage: "case", side: .customer)
    }

    static func unaffected(_ measure: FrictionMeasure, _ journey: Int) -> FrictionCase {
        FrictionCase(measure, journey)
    }

    private static func stay(
        _ visit: JourneySummary.Visit, _ number: Int, _ map: StageMap, _ moment: Int64, _ add: (FrictionCase) -> Void
    ) {
        let place = map.stages[visit.stage]
        let isOpen = visit.end == .open
        let duration = max(0, (visit.left ?? moment) - visit.entered)
        let next: Int? =
            switch visit.end {
            case .advanced(let stage): stage
            case .open: visit.stage + 1 < map.stages.count ? visit.stage + 1 : nil
            case .returned, .exited: nil
            }
        let handoff = next.flatMap { map.stages[$0].department == place.department ? nil : map.stages[$0] }
        if let handoff {
            add(FrictionCase(.handoff(from: place, to: handoff), number, duration: duration, isOpen: isOpen))
        }
        // The last stage is where journeys are meant to stay.
        guard visit.stage + 1 < map.stages.count else { return }
        add(FrictionCase(.dwell(in: place), number, duration: duration, isOpen: isOpen, isToldElsewhere: handoff != nil))
    }

    private static func regressions(_ journey: JourneySummary, _ number: Int, _ map: StageMap, _ add: (FrictionCase) -> Void) {
        var seen: Set<Int> = []
        for visit in journey.visits where seen.insert(visit.stage).inserted {
            let wentBack = journey.visits.contains { other in
                if case .returned = other.end { other.stage == visit.stage } else { false }
            }
            let place = map.stages[visit.stage]
            let measure = FrictionMeasure(
                kind: .regression, from: place.department, to: place.department, stage: place.name, side: .seller)
            add(FrictionCase(measure, number, isAffected: wentBack))
        }
    }

    private static func rework(_ journey: JourneySummary, _ number: Int, _ map: StageMap, _ add: (FrictionCase) -> Void) {
        for (bit, rework) in map.rework.enumerated() where journey.reworkBase & 1 << UInt32(bit) != 0 {
            let measure = FrictionMeasure(
                kind: .rework, from: rework.department, to: rework.department, stage: rework.activity, side: rework.side)
            add(FrictionCase(measure, number, isAffected: journey.reworkAgain & 1 << UInt32(bit) != 0))
        }
    }
}
