package import JourneyModel

/// The built-in funnel: of the journeys that entered each stage, how many went on, still can, or are lost, and how long it took.
///
/// Stages may be skipped: a journey goes on when it enters any later stage within the stage's window. Its time is to the
/// next stage it entered, and may be negative where the events say so: that is counted as a contradiction, never hidden.
/// Added up for one moment; ``StageCells`` is what is kept for all moments.
package struct StageFunnel: Sendable {
    /// What is added up of a stage.
    private struct Sums {
        var entered = 0
        var undecided = 0
        var dropped = 0
        /// Of those that went on, how long it took.
        var times: [Int64] = []
    }

    // By stage of the map, whether it is told or not.
    private var sums: [Sums]
    private let map: StageMap
    private let scope: Scope
    private let moment: Int64

    /// One row a stage in scope, in the order of the map. O(journeys · log journeys).
    package var rows: [StageRow] {
        zip(map.stages, sums).compactMap { (stage, sums) in
            guard scope.department == nil || stage.department == scope.department else { return nil }
            return StageRow(
                stage: stage, entered: sums.entered, converted: sums.times.count, undecided: sums.undecided, dropped: sums.dropped,
                contradictions: sums.times.count { $0 < 0 }, times: Distribution(sums.times).figures)
        }
    }

    /// Of no journeys.
    package init(map: StageMap, scope: Scope, at moment: Int64) {
        (self.map, self.scope, self.moment) = (map, scope, moment)
        sums = map.stages.map { _ in Sums() }
    }

    /// Adds up journeys. O(journeys × stages).
    package init(_ journeys: some Sequence<JourneySummary>, map: StageMap, scope: Scope, at moment: Int64) {
        self.init(map: map, scope: scope, at: moment)
        for journey in journeys { add(journey) }
    }

    /// Adds a journey, if it is in scope. O(stages).
    package mutating func add(_ journey: JourneySummary) {
        guard scope.includes(journey) else { return }
        for (stage, time) in journey.firstEntries {
            sums[stage].entered += 1
            switch outcome(journey, stage, time) {
            case nil: break
            case .converted(let duration): sums[stage].times.append(duration)
            case .undecided: sums[stage].undecided += 1
            case .dropped: sums[stage].dropped += 1
            }
        }
    }

    /// What came of each stage in scope that a journey entered; of the last stage nothing can.
    func outcomes(_ journey: JourneySummary) -> [(stage: Int, entered: Int64, outcome: StageOutcome?)] {
        guard scope.includes(journey) else { return [] }
        return journey.firstEntries.compactMap { (stage, time) in
            guard scope.department == nil || map.stages[stage].department == scope.department else { return nil }
            return (stage, time, outcome(journey, stage, time))
        }
    }

    private func outcome(_ journey: JourneySummary, _ stage: Int, _ time: Int64) -> StageOutcome? {
        stage < map.stages.count - 1 ? StageOutcome(journey, stage: stage, entered: time, map: map, at: moment) : nil
    }

    /// Adds what others added up of other journeys, under the same map.
    package mutating func merge(_ other: StageFunnel) {
        for stage in sums.indices {
            sums[stage].entered += other.sums[stage].entered
            sums[stage].undecided += other.sums[stage].undecided
            sums[stage].dropped += other.sums[stage].dropped
            sums[stage].times += other.sums[stage].times
        }
    }
}

/// What is told of a stage.
package struct StageRow: Sendable {
    package let stage: StageMap.Stage
    package let entered: Int
    package let converted: Int
    package let undecided: Int
    package let dropped: Int
    /// Journeys that entered the next stage before this one.
    package let contradictions: Int
    let times: TimeFigures?

    /// Writes the array of rows.
    package static func write(_ rows: [StageRow], to writer: inout JSONWriter) {
        writer.array { writer in
            for row in rows {
                writer.object { writer in
                    writer.member("stage", row.stage.name)
                    writer.member("title", row.stage.title)
                    writer.member("department", row.stage.department.name)
                    writer.member("entered", row.entered)
                    writer.member("converted", row.converted)
                    writer.member("undecided", row.undecided)
                    writer.member("dropped", row.dropped)
                    writer.member("contradictions", row.contradictions)
                    writer.key("timeToNext")
                    TimeFigures.write(row.times, to: &writer)
                }
            }
        }
    }
}
