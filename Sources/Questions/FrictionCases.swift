internal import JourneyModel

/// What one journey contributes to a measure: 16 bytes.
struct FrictionCase: Sendable {
    /// A duration measure's length so far or in all, in microseconds.
    let duration: Int64
    /// The journey, by its place among those of ``FrictionCases``.
    let journey: UInt32
    /// Whether the wait goes on.
    let isOpen: Bool
    /// A rate measure's journey to which it happened.
    let isAffected: Bool
    /// An open wait that is not to be told as a stall, as an event says why it goes on.
    let isSnoozed: Bool

    init(_ journey: Int, duration: Int64 = 0, isOpen: Bool = false, isAffected: Bool = false, isSnoozed: Bool = false) {
        (self.journey, self.duration) = (UInt32(journey), duration)
        (self.isOpen, self.isAffected, self.isSnoozed) = (isOpen, isAffected, isSnoozed)
    }
}

/// The cases of journeys by measure, and what the journeys are worth.
///
/// Those of other journeys are added to them as if they came later. Cost: 16 bytes a case and 16 bytes a journey; measures have numbers, so
/// that nothing is hashed for a case.
struct FrictionCases: Sendable {
    /// What a journey is worth, in minor units; the currency is zero where nothing says so.
    struct Worth: Sendable {
        let minor: Int64
        let currency: UInt32
    }

    /// Where the measures of a stage map have their numbers.
    private struct Places: Sendable {
        /// By stage; nil for the last.
        var stays: [Int?] = []
        var regressions: [Int] = []
        var dropOffs: [Int] = []
        /// By rework of the map.
        var reworks: [Int] = []
        /// By first department × departments + second.
        var pingPongs: [Int] = []
    }

    /// By number.
    private(set) var measures: [FrictionMeasure] = []
    /// By number of the measure, in the order of the journeys.
    private(set) var cases: [[FrictionCase]] = []
    /// By journey.
    private(set) var worths: [Worth] = []
    // Journeys of which some event says who holds a case.
    private var holding: [UInt32] = []
    private var places = Places()
    private let map: StageMap
    private let moment: Int64
    private let hours: BusinessHours?

    /// - Parameters:
    ///   - moment: when to judge, in microseconds since 1970.
    ///   - hours: the hours in which stays are measured; the whole week where nil.
    ///   - more: measures that others find the cases of; their numbers follow from ``number(of:)``.
    init(_ map: StageMap, at moment: Int64, hours: BusinessHours? = nil, _ more: [FrictionMeasure] = []) {
        (self.map, self.moment, self.hours) = (map, moment, hours)
        var numbers: [FrictionMeasure: Int] = [:]
        func number(_ measure: FrictionMeasure) -> Int {
            if let known = numbers[measure] { return known }
            numbers[measure] = measures.count
            measures.append(measure)
            return measures.count - 1
        }
        for index in map.stages.indices {
            let place = map.stages[index]
            places.stays.append(FrictionMeasure.stay(in: index, map).map(number))
            places.regressions.append(number(FrictionMeasure(.regression, in: place, side: .seller)))
            places.dropOffs.append(number(FrictionMeasure(.dropOff, in: place, side: place.side)))
        }
        for rework in map.rework {
            places.reworks.append(
                number(
                    FrictionMeasure(
                        kind: .rework, from: rework.department, to: rework.department, stage: rework.activity, side: rework.side)))
        }
        for first in Department.allCases {
            for second in Department.allCases {
                places.pingPongs.append(
                    number(FrictionMeasure(kind: .pingPong, from: first, to: second, stage: "case", side: .customer)))
            }
        }
        for measure in more { _ = number(measure) }
        cases = measures.map { _ in [] }
    }

    /// The number of a measure that is among ``measures``.
    func number(of measure: FrictionMeasure) -> Int? { measures.firstIndex(of: measure) }

    /// The stages in which a stay is the measure of this number.
    func stages(ofStay number: Int) -> [StageMap.Stage] {
        places.stays.indices.filter { places.stays[$0] == number }.map { map.stages[$0] }
    }

    /// Adds a case of the journey that comes next.
    mutating func add(
        _ measure: Int, duration: Int64 = 0, isOpen: Bool = false, isAffected: Bool = false, isSnoozed: Bool = false
    ) {
        cases[measure].append(
            FrictionCase(worths.count, duration: duration, isOpen: isOpen, isAffected: isAffected, isSnoozed: isSnoozed))
    }

    /// Adds the next journey.
    ///
    /// - Parameter isIncluded: whether its cases count, or it only takes its place.
    /// - Complexity: O(visits and stages).
    mutating func add(_ journey: JourneySummary, isIncluded: Bool = true) {
        if isIncluded {
            addStays(journey)
            addRegressions(journey)
            for (index, place) in places.reworks.enumerated() where journey.reworkBase & 1 << UInt32(index) != 0 {
                add(place, isAffected: journey.reworkAgain & 1 << UInt32(index) != 0)
            }
            for (stage, time) in journey.firstEntries where stage < map.stages.count - 1 {
                let outcome = StageOutcome(journey, stage: stage, entered: time, map: map, at: moment)
                if outcome != .undecided { add(places.dropOffs[stage], isAffected: outcome == .dropped) }
            }
            if journey.hasHolders {
                for bounce in journey.bounces {
                    let place = Int(bounce.first.rawValue) * Department.allCases.count + Int(bounce.second.rawValue)
                    add(places.pingPongs[place], isAffected: true)
                }
                holding.append(UInt32(worths.count))
            }
        }
        worths.append(Worth(minor: journey.minor, currency: journey.currency))
    }

    private mutating func addStays(_ journey: JourneySummary) {
        for visit in journey.visits {
            guard let place = places.stays[visit.stage] else { continue }
            let left = visit.left ?? moment
            let duration = max(0, hours?.duration(from: visit.entered, to: left) ?? (left - visit.entered))
            let isOpen = visit.end == .open
            add(place, duration: duration, isOpen: isOpen, isSnoozed: isOpen && journey.snoozed?.holds(at: moment) == true)
        }
    }

    /// A case for each stage that was visited, however often: whether the journey ever went back from it.
    private mutating func addRegressions(_ journey: JourneySummary) {
        var (visited, left): (UInt64, UInt64) = (0, 0)
        for visit in journey.visits {
            visited |= 1 << UInt64(visit.stage)
            if case .returned = visit.end { left |= 1 << UInt64(visit.stage) }
        }
        while visited != 0 {
            let stage = visited.trailingZeroBitCount
            visited &= visited - 1
            add(places.regressions[stage], isAffected: left >> UInt64(stage) & 1 != 0)
        }
    }

    /// Adds other journeys behind these, found under the same measures.
    mutating func merge(_ other: FrictionCases) {
        let count = worths.count
        for measure in cases.indices {
            cases[measure] += other.cases[measure].lazy.map { found in
                FrictionCase(
                    Int(found.journey) + count, duration: found.duration, isOpen: found.isOpen, isAffected: found.isAffected,
                    isSnoozed: found.isSnoozed)
            }
        }
        holding += other.holding.lazy.map { $0 + UInt32(count) }
        worths += other.worths
    }

    /// Adds the journeys whose cases have holders and do not bounce, which are the other cases of every pair between which some do.
    ///
    /// To be called once, when all journeys are in.
    mutating func complete() {
        for place in Set(places.pingPongs) where !cases[place].isEmpty {
            var bounced = cases[place][...]
            for journey in holding {
                while let first = bounced.first, first.journey < journey { bounced.removeFirst() }
                if bounced.first?.journey != journey { cases[place].append(FrictionCase(Int(journey))) }
            }
        }
    }
}

extension FrictionMeasure {
    fileprivate init(_ kind: Kind, in stage: StageMap.Stage, side: StageMap.Side) {
        self.init(kind: kind, from: stage.department, to: stage.department, stage: stage.name, side: side)
    }
}
