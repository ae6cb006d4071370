package import JourneyModel

/// The built-in funnel: of the journeys that entered each stage, how many went on, still can, or are lost, and how long it took.
///
/// Stages may be skipped: a journey goes on when it enters any later stage within the stage's window. Its time is to the
/// next stage it entered, and may be negative where the events say so: that is counted as a contradiction, never hidden.
package struct StageFunnel: Sendable {
    /// One row.
    package struct Row: Sendable {
        package let stage: StageMap.Stage
        package internal(set) var entered = 0
        package internal(set) var converted = 0
        package internal(set) var undecided = 0
        package internal(set) var dropped = 0
        /// Journeys that entered the next stage before this one.
        package internal(set) var contradictions = 0
        var times: [Int64] = []
    }

    // By stage of the map, whether it is told or not.
    private var all: [Row]
    private let map: StageMap
    private let scope: Scope
    private let moment: Int64

    /// One row a stage in scope, in the order of the map.
    package var rows: [Row] { all.filter { scope.department == nil || $0.stage.department == scope.department } }

    /// Of no journeys.
    package init(map: StageMap, scope: Scope, at moment: Int64) {
        (self.map, self.scope, self.moment) = (map, scope, moment)
        all = map.stages.map { Row(stage: $0) }
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
            all[stage].entered += 1
            guard let outcome = outcome(journey, stage, time) else { continue }
            switch outcome {
            case .converted(let duration):
                all[stage].converted += 1
                all[stage].times.append(duration)
                if duration < 0 { all[stage].contradictions += 1 }
            case .undecided: all[stage].undecided += 1
            case .dropped: all[stage].dropped += 1
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
        for stage in all.indices { all[stage].merge(other.all[stage]) }
    }

    /// Writes the array of rows.
    package func write(to writer: inout JSONWriter) {
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
                    Distribution(row.times).write(to: &writer)
                }
            }
        }
    }
}

extension StageFunnel.Row {
    fileprivate mutating func merge(_ other: Self) {
        entered += other.entered
        converted += other.converted
        undecided += other.undecided
        dropped += other.dropped
        contradictions += other.contradictions
        times += other.times
    }
}
