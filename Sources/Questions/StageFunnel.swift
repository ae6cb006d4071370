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

    /// One row a stage, in the order of the map.
    package private(set) var rows: [Row]

    /// Adds up journeys. O(journeys × stages).
    package init(_ journeys: some Sequence<JourneySummary>, map: StageMap, scope: Scope, at moment: Int64) {
        let stages = map.stages.indices.filter { scope.department == nil || map.stages[$0].department == scope.department }
        let last = map.stages.count - 1
        var rows = map.stages.map { Row(stage: $0) }
        for journey in journeys where scope.includes(journey) {
            for (stage, time) in journey.firstEntries {
                rows[stage].entered += 1
                guard stage < last else { continue }
                switch StageOutcome(journey, stage: stage, entered: time, map: map, at: moment) {
                case .converted(let duration):
                    rows[stage].converted += 1
                    rows[stage].times.append(duration)
                    if duration < 0 { rows[stage].contradictions += 1 }
                case .undecided: rows[stage].undecided += 1
                case .dropped: rows[stage].dropped += 1
                }
            }
        }
        self.rows = stages.map { rows[$0] }
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
