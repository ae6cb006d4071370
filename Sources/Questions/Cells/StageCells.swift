package import JourneyModel

/// What journeys amount to in the built-in funnel, kept as they change: a journey is taken out as it was and put in as it is.
///
/// Independent of the moment at which it is asked: what has still to be decided is kept by the end of its window, so that time passing costs nothing, and
/// an answer for any moment is a few searches. Two of different journeys merge by adding.
/// Memory: 8 to 12 bytes for each stage that a journey entered.
package struct StageCells: Sendable, Equatable {
    /// One stage.
    struct Cell: Sendable, Equatable {
        var entered = 0
        /// It ended with an outcome before it went on.
        var ended = 0
        /// The times to the next stage.
        var converted = OrderedTimes()
        /// When the windows end of those that have not gone on.
        var deadlines = OrderedTimes()
    }

    /// What came of a journey in a stage.
    private enum Fate: Equatable {
        /// There is no stage behind it.
        case last
        case converted(Int64)
        case ended
        case open(deadline: Int64)
    }

    private let map: StageMap
    private(set) var cells: [Cell]

    package init(_ map: StageMap) {
        self.map = map
        cells = map.stages.map { _ in Cell() }
    }

    /// Adds up many journeys at once. O(stages entered).
    package init(_ journeys: some Sequence<JourneySummary>, _ map: StageMap) {
        self.init(map)
        var converted = map.stages.map { _ in [Int64]() }
        var deadlines = converted
        for journey in journeys {
            StageCells.each(of: journey, map) { stage, fate in
                cells[stage].entered += 1
                switch fate {
                case .last: break
                case .converted(let time): converted[stage].append(time)
                case .ended: cells[stage].ended += 1
                case .open(let deadline): deadlines[stage].append(deadline)
                }
            }
        }
        for stage in cells.indices {
            cells[stage].converted = OrderedTimes(converted[stage])
            cells[stage].deadlines = OrderedTimes(deadlines[stage])
        }
    }

    package static func == (left: StageCells, right: StageCells) -> Bool { left.cells == right.cells }

    /// Puts a journey in.
    package mutating func add(_ journey: JourneySummary) {
        var changes = StageChanges()
        StageCells.each(of: journey, map) { stage, fate in add(fate, stage, &changes) }
        finish(&changes)
    }

    /// Takes a journey out that was put in.
    package mutating func remove(_ journey: JourneySummary) {
        var changes = StageChanges()
        remove(journey, &changes)
        finish(&changes)
    }

    /// As ``remove(_:)``, as soon as ``finish(_:)`` is called.
    package mutating func remove(_ journey: JourneySummary, _ changes: inout StageChanges) {
        StageCells.each(of: journey, map) { stage, fate in remove(fate, stage, &changes) }
    }

    /// Puts a journey in the place of what it was, as soon as ``finish(_:)`` is called.
    ///
    /// - Complexity: a search among the times for each stage of which something else is told; nothing where nothing is.
    package mutating func replace(_ old: JourneySummary, by new: JourneySummary, _ changes: inout StageChanges) {
        StageCells.each(of: old, map) { stage, fate in
            if fate != StageCells.fate(of: new, in: stage, map) { remove(fate, stage, &changes) }
        }
        StageCells.each(of: new, map) { stage, fate in
            if fate != StageCells.fate(of: old, in: stage, map) { add(fate, stage, &changes) }
        }
    }

    /// Makes the changes that still wait.
    package mutating func finish(_ changes: inout StageChanges) {
        for change in changes.takeAll() { make(change) }
    }

    private mutating func add(_ fate: Fate, _ stage: Int, _ changes: inout StageChanges) {
        cells[stage].entered += 1
        switch fate {
        case .last: break
        case .converted(let time): change(stage, time, isDeadline: false, isAdded: true, &changes)
        case .ended: cells[stage].ended += 1
        case .open(let deadline): change(stage, deadline, isDeadline: true, isAdded: true, &changes)
        }
    }

    private mutating func remove(_ fate: Fate, _ stage: Int, _ changes: inout StageChanges) {
        cells[stage].entered -= 1
        switch fate {
        case .last: break
        case .converted(let time): change(stage, time, isDeadline: false, isAdded: false, &changes)
        case .ended: cells[stage].ended -= 1
        case .open(let deadline): change(stage, deadline, isDeadline: true, isAdded: false, &changes)
        }
    }

    /// Has the memory fetched that a change needs, and makes the one that has waited the longest.
    private mutating func change(_ stage: Int, _ time: Int64, isDeadline: Bool, isAdded: Bool, _ changes: inout StageChanges) {
        let run = isDeadline ? cells[stage].deadlines.fetch(time, isAdded) : cells[stage].converted.fetch(time, isAdded)
        if let due = changes.put(.init(time: time, stage: stage, isDeadline: isDeadline, isAdded: isAdded, run: run)) { make(due) }
    }

    private mutating func make(_ change: StageChanges.Change) {
        switch (change.isDeadline, change.isAdded) {
        case (true, true): cells[change.stage].deadlines.insert(change.time, near: change.run)
        case (true, false): cells[change.stage].deadlines.remove(change.time, near: change.run)
        case (false, true): cells[change.stage].converted.insert(change.time, near: change.run)
        case (false, false): cells[change.stage].converted.remove(change.time, near: change.run)
        }
    }

    /// What is told at a moment. O(stages · log journeys).
    ///
    /// - Parameter department: only its stages; all where nil.
    package func rows(department: Department?, at moment: Int64) -> [StageRow] {
        zip(map.stages, cells).compactMap { (stage, cell) in
            guard department == nil || stage.department == department else { return nil }
            // The far edge of a window is within it.
            let late = cell.deadlines.count(below: moment)
            return StageRow(
                stage: stage, entered: cell.entered, converted: cell.converted.count, undecided: cell.deadlines.count - late,
                dropped: cell.ended + late, contradictions: cell.converted.count(below: 0), times: cell.converted.figures)
        }
    }

    /// Adds those of other journeys, of the same map.
    package mutating func merge(_ other: StageCells) {
        for stage in cells.indices {
            cells[stage].entered += other.cells[stage].entered
            cells[stage].ended += other.cells[stage].ended
            cells[stage].converted.merge(other.cells[stage].converted)
            cells[stage].deadlines.merge(other.cells[stage].deadlines)
        }
    }

    /// What ``StageOutcome`` says of each stage that the journey entered, for all moments at once.
    ///
    /// Static: were the cells a part of what it holds, each change of theirs would copy them.
    private static func each(of journey: JourneySummary, _ map: StageMap, _ body: (_ stage: Int, _ fate: Fate) -> Void) {
        for (stage, time) in journey.firstEntries { body(stage, fate(of: journey, in: stage, entered: time, map)) }
    }

    /// Nil where the journey has not been in the stage.
    private static func fate(of journey: JourneySummary, in stage: Int, _ map: StageMap) -> Fate? {
        journey.firstEntry(stage).map { fate(of: journey, in: stage, entered: $0, map) }
    }

    private static func fate(of journey: JourneySummary, in stage: Int, entered time: Int64, _ map: StageMap) -> Fate {
        guard stage + 1 < map.stages.count else { return .last }
        let window = map.stages[stage].window
        if let next = journey.firstEntries.first(where: { $0.stage > stage && $0.time - time <= window }) {
            return .converted(next.time - time)
        }
        if case .exited = journey.visits.last?.end { return .ended }
        return .open(deadline: time &+ window)
    }
}
