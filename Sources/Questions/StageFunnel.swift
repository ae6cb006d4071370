package import JourneyModel

/// The built-in funnel: of the journeys that entered each stage, how many went on, still can, or are lost, and how long it took.
///
/// Stages may be skipped: a journey goes on when it enters any later stage within the stage's window. Its time is to the
/// next stage it entered, and may be negative where the events say so: that is counted as a contradiction, never hidden.
package struct StageFunnel: Sendable {
    /// One row.
    package struct Row: Sendable {
        package let stage: StageMap.Stage
        package let entered: Int
        package let converted: Int
        package let undecided: Int
        package let dropped: Int
        /// Journeys that entered the next stage before this one.
        package let contradictions: Int
        let times: TimeFigures?
    }

    /// One row a stage, in the order of the map.
    package let rows: [Row]

    /// What `cells` say at a moment. O(stages · log journeys).
    ///
    /// - Parameter department: only its stages; all where nil.
    package init(_ cells: StageCells, map: StageMap, department: Department?, at moment: Int64) {
        let stages = map.stages.indices.filter { department == nil || map.stages[$0].department == department }
        rows = stages.map { stage in
            let cell = cells.cells[stage]
            // The far edge of a window is within it.
            let late = cell.deadlines.count(below: moment)
            return Row(
                stage: map.stages[stage], entered: cell.entered, converted: cell.converted.count, undecided: cell.deadlines.count - late,
                dropped: cell.ended + late, contradictions: cell.converted.count(below: 0), times: cell.converted.figures)
        }
    }

    /// Adds up journeys. O(journeys × stages).
    package init(_ journeys: some Sequence<JourneySummary>, map: StageMap, scope: Scope, at moment: Int64) {
        let cells = StageCells(journeys.lazy.filter { scope.includes($0) }, map)
        self.init(cells, map: map, department: scope.department, at: moment)
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
                    TimeFigures.write(row.times, to: &writer)
                }
            }
        }
    }
}
