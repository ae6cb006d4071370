package import JourneyModel
package import Timelines

/// One journey under a stage map: what the funnel and the friction views add up.
///
/// A pure function of the journey's entries in their order, so that it does not matter in which order they arrived.
package struct JourneySummary: Sendable, Equatable {
    /// A stay in a stage.
    package struct Visit: Sendable, Equatable {
        /// How it ended.
        package enum End: Sendable, Equatable {
            case open
            case advanced(to: Int)
            case returned(to: Int)
            case exited(outcome: Int)
        }

        package let stage: Int
        package let entered: Int64
        package internal(set) var left: Int64?
        package internal(set) var end = End.open
    }

    /// That the open stay is not told as a stall, from one moment until another.
    package struct Snoozed: Sendable, Equatable {
        /// Where the event is that says so.
        package let position: Position
        package let from: Int64
        package let until: Int64

        /// Whether it holds at `moment`.
        package func holds(at moment: Int64) -> Bool { from <= moment && moment < until }
    }

    /// Work on one case that went from one department to another and back.
    package struct Bounce: Sendable, Equatable {
        /// The two departments, in the order of their raw values.
        package let first: Department
        package let second: Department
        package internal(set) var count: Int
    }

    /// For each stage that an event entered, when that first was; by stage.
    package internal(set) var firstEntries: [(stage: Int, time: Int64)] = []
    /// The stays, in the order of time; at most the last is open.
    package internal(set) var visits: [Visit] = []
    /// The latest snooze of the open stay; nil where there is none, or where it was taken back.
    package internal(set) var snoozed: Snoozed?
    /// Bit i: the map's i-th rework has its base, and its repetition, in this journey.
    package internal(set) var reworkBase: UInt32 = 0
    package internal(set) var reworkAgain: UInt32 = 0
    /// Whether any event says who holds a case.
    package internal(set) var hasHolders = false
    package internal(set) var bounces: [Bounce] = []
    // Who holds each subject's case, and who did before; of use while the journey is folded.
    private var holders: [(subject: UInt32, last: UInt8, before: UInt8)] = []
    /// The first value of each of the map's dimensions; zero where it has none.
    package internal(set) var dimensions: [UInt32] = []
    /// What it is worth by the latest event that says so, in minor units; the currency is zero where none does.
    package internal(set) var minor: Int64 = 0
    package internal(set) var currency: UInt32 = 0

    package static func == (left: JourneySummary, right: JourneySummary) -> Bool {
        left.firstEntries.elementsEqual(right.firstEntries) { $0 == $1 } && left.visits == right.visits
            && left.reworkBase == right.reworkBase && left.reworkAgain == right.reworkAgain && left.hasHolders == right.hasHolders
            && left.bounces == right.bounces && left.dimensions == right.dimensions && left.minor == right.minor
            && left.currency == right.currency && left.snoozed == right.snoozed
    }

    /// Folds a journey. O(entries).
    package init(_ journey: [(entry: Entry, subject: UInt32)], _ timelines: borrowing Timelines) {
        self.init(dimensionCount: timelines.map.dimensions.count)
        for (entry, subject) in journey { add(entry, subject, timelines) }
        holders = []
    }

    /// Whether an entry can change the summary of its journey, wherever in it it is.
    ///
    /// - Parameter known: the dimensions of which the journey has a value before it.
    package static func regards(_ entry: Entry, behind known: Timelines.Dimensions = .none, _ timelines: Timelines) -> Bool {
        if entry.rule != 0 || entry.currency != 0 || entry.holder != 0 { return true }
        if entry.dimensions != 0, timelines.dimensions(ofSet: entry.dimensions).rawValue & ~known.rawValue != 0 { return true }
        guard let facts = timelines.facts(entry.type) else { return false }
        return facts.reworkBase | facts.reworkAgain != 0
    }

    /// Folds an entry behind all that the journey has.
    ///
    /// - Returns: false where the summary does not tell enough, as it does not keep who holds which case: the journey is to be folded as a whole.
    /// - Complexity: O(visits), however many entries there are.
    package mutating func append(_ entry: Entry, _ subject: UInt32, _ timelines: Timelines) -> Bool {
        guard entry.holder == 0 || !hasHolders else { return false }
        add(entry, subject, timelines)
        holders = []
        return true
    }

    private mutating func add(_ entry: Entry, _ subject: UInt32, _ timelines: Timelines) {
        let snooze = entry.snooze
        add(
            Event(
                time: entry.time, position: entry.position, subject: subject, rule: entry.rule, holder: entry.holder, minor: entry.minor,
                currency: snooze == nil ? entry.currency : 0, snooze: snooze),
            timelines.facts(entry.type), timelines.map)
        guard entry.dimensions != 0 else { return }
        for index in dimensions.indices where dimensions[index] == 0 {
            dimensions[index] = timelines.value(ofSet: entry.dimensions, dimension: index)
        }
    }

    /// What is told of an event: the fields of ``Entry`` that a summary is made of.
    struct Event {
        let time: Int64
        let position: Position
        let subject: UInt32
        let rule: UInt8
        let holder: UInt8
        let minor: Int64
        let currency: UInt32
        let snooze: Snooze?
    }

    /// Folds a journey whose events are at hand in another form.
    ///
    /// - Parameters:
    ///   - events: in the order of time, with what the map says of their types.
    ///   - dimensions: the journey's value of each of the map's dimensions.
    init(_ events: some Sequence<(event: Event, facts: TypeFacts?)>, dimensions: [UInt32], _ map: StageMap) {
        self.dimensions = dimensions
        for (event, facts) in events { add(event, facts, map) }
        holders = []
    }

    private mutating func add(_ event: Event, _ facts: TypeFacts?, _ map: StageMap) {
        if event.rule != 0 { apply(map.rules[Int(event.rule) - 1].effect, at: event.time) }
        if let facts {
            reworkAgain |= facts.reworkAgain & (facts.reworkBase == facts.reworkAgain ? reworkBase : ~0)
            reworkBase |= facts.reworkBase
        }
        if event.currency != 0 { (minor, currency) = (event.minor, event.currency) }
        if event.holder != 0 { hold(event.holder, event.subject) }
        if let snooze = event.snooze { take(snooze, event) }
    }

    /// Notes a snooze of the stay that the journey is in: in the place of an earlier one, as it comes later.
    private mutating func take(_ snooze: Snooze, _ event: Event) {
        guard let current = visits.last, current.end == .open, snooze.concerns(current.stage) else { return }
        let isOver = snooze.until <= event.time
        snoozed = isOver ? nil : Snoozed(position: event.position, from: event.time, until: snooze.until)
    }

    /// One of no events.
    package init(dimensionCount: Int) {
        dimensions = Array(repeating: 0, count: dimensionCount)
    }

    /// When the journey first entered any stage.
    package var begun: Int64? { firstEntries.map(\.time).min() }

    /// When it first entered `stage`.
    package func firstEntry(_ stage: Int) -> Int64? {
        firstEntries.first { $0.stage == stage }?.time
    }

    private mutating func apply(_ effect: StageMap.Effect, at time: Int64) {
        switch effect {
        case .enters(let stage, let onlyFirst):
            if onlyFirst, firstEntries.contains(where: { $0.stage >= stage }) { return }
            if firstEntry(stage) == nil {
                firstEntries.insert((stage, time), at: firstEntries.firstIndex { $0.stage > stage } ?? firstEntries.count)
            }
            // Forward only: a customer who fills in a form does not become a lead again.
            if let current = visits.last, current.end == .open {
                guard stage > current.stage else { return }
                close(.advanced(to: stage), at: time)
            }
            visits.append(Visit(stage: stage, entered: time))
        case .returns(let stage):
            guard let current = visits.last, current.end == .open, stage < current.stage else { return }
            close(.returned(to: stage), at: time)
            visits.append(Visit(stage: stage, entered: time))
        case .exits(let outcome):
            guard let current = visits.last, current.end == .open else { return }
            close(.exited(outcome: outcome), at: time)
        }
    }

    private mutating func close(_ end: Visit.End, at time: Int64) {
        let last = visits.count - 1
        visits[last].left = time
        visits[last].end = end
        // What is snoozed is the stay, not the journey.
        snoozed = nil
    }

    private mutating func hold(_ holder: UInt8, _ subject: UInt32) {
        hasHolders = true
        guard let place = holders.firstIndex(where: { $0.subject == subject }) else {
            holders.append((subject, holder, 0))
            return
        }
        let (last, before) = (holders[place].last, holders[place].before)
        guard holder != last else { return }
        holders[place] = (subject, holder, last)
        guard holder == before, let one = Department(rawValue: min(holder, last) - 1),
            let other = Department(rawValue: max(holder, last) - 1)
        else { return }
        if let known = bounces.firstIndex(where: { $0.first == one && $0.second == other }) {
            bounces[known].count += 1
        } else {
            bounces.append(Bounce(first: one, second: other, count: 1))
        }
    }
}
