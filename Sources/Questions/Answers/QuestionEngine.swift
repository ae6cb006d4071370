internal import EventLog
internal import JourneyModel
package import Timelines

/// Answers questions about the journeys of a log.
package struct QuestionEngine: Sendable {
    package let columns: JourneyColumns

    package init(_ columns: JourneyColumns) {
        self.columns = columns
    }

    /// The answer as JSON.
    ///
    /// - Parameter monitor: ends the work within milliseconds when nobody waits for it any more.
    /// - Throws: ``QuestionFault/invalid(_:)`` where it asks for what is not there; ``QuestionFault/columns(_:)``.
    /// - Complexity: O(events), at about 10 nanoseconds an event and thread; a field that no question has asked for yet is read from the log first.
    package func answer(_ question: Question, _ monitor: WorkMonitor = WorkMonitor()) throws(QuestionFault) -> [UInt8] {
        let positions = QuestionPositions(log: columns.log)
        let asked = try AskedJourneys(question, positions, columns, monitor)
        let scan = ScanAnswer(question, asked, columns, monitor)
        switch question.definition {
        case .funnel(let funnel): return try FunnelAnswer(question, funnel, asked, columns, monitor).json()
        case .stages(let stages):
            let definitions = try definitions(question, asked.journeys, positions, monitor)
            return try StagesAnswer(
                question: question, stages: stages, asked: asked, columns: columns, definitions: definitions, monitor: monitor
            ).json()
        case .paths(let paths): return try scan.json(paths)
        case .friction(let friction):
            return try scan.json(friction, definitions(question, asked.journeys, positions, monitor))
        case .retention(let retention): return try scan.json(retention)
        case .export(let export): return try scan.json(export)
        }
    }

    /// The journeys of an export; nil where the question asks for something else, or for its plan.
    ///
    /// - Throws: as ``answer(_:_:)``.
    package func selection(
        _ question: Question, _ monitor: WorkMonitor = WorkMonitor()
    ) throws(QuestionFault) -> ExportQuestion.Selection? {
        guard case .export(let export) = question.definition, !question.isPlan else { return nil }
        let asked = try AskedJourneys(question, QuestionPositions(log: columns.log), columns, monitor)
        return try export.selection(asked.journeys, columns, monitor)
    }

    private func definitions(
        _ question: Question, _ journeys: Journeys, _ positions: QuestionPositions, _ monitor: WorkMonitor
    ) throws(QuestionFault) -> DefinitionsInForce {
        try DefinitionsInForce(question.lens.under, journeys, columns, monitor) { (knowledge) throws(QuestionFault) in
            try positions.position(knowledge, "/under/position")
        }
    }
}
