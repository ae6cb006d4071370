internal import JourneyModel
internal import Timelines

/// The answer to a question that adds all journeys up: paths, frictions, retention.
struct ScanAnswer {
    private let question: Question
    private let asked: AskedJourneys
    private let columns: JourneyColumns
    private let monitor: WorkMonitor

    private var journeys: Journeys { asked.journeys }
    private var at: Timestamp { asked.at }

    init(_ question: Question, _ asked: AskedJourneys, _ columns: JourneyColumns, _ monitor: WorkMonitor) {
        (self.question, self.asked, self.columns, self.monitor) = (question, asked, columns, monitor)
    }

    func json(_ paths: PathQuestion) throws(QuestionFault) -> [UInt8] {
        if question.isPlan { return plan(paths.fields(journeys), scans: 1) }
        let found = try paths.answer(journeys, columns, monitor)
        return answer { found.write(to: &$0) }
    }

    func json(_ retention: RetentionQuestion) throws(QuestionFault) -> [UInt8] {
        if question.isPlan { return plan(retention.fields(journeys, columns), scans: 1) }
        let found = try retention.answer(journeys, columns, at: at.microseconds, monitor)
        return answer { found.write(to: &$0) }
    }

    func json(_ friction: FrictionQuestion, _ definitions: DefinitionsInForce) throws(QuestionFault) -> [UInt8] {
        if question.isPlan { return plan(try friction.fields(journeys, columns, definitions.map), scans: 3) }
        let found = try friction.answer(journeys, columns, definitions, at: at.microseconds, monitor)
        return answer { writer in
            definitions.write(to: &writer)
            found.write(to: &writer)
        }
    }

    /// How many journeys an export would hold; the export itself comes in pieces: ``QuestionEngine/selection(_:_:)``.
    func json(_ export: ExportQuestion) throws(QuestionFault) -> [UInt8] {
        if question.isPlan { return plan(export.fields, scans: 1) }
        let selection = try export.selection(journeys, columns, monitor)
        return answer { $0.member("journeys", selection.count) }
    }

    private func answer(_ body: (inout JSONWriter) -> Void) -> [UInt8] { asked.answer(question, body) }

    private func plan(_ fields: Set<EventField>, scans: Int) -> [UInt8] {
        let plan = QuestionPlan(journeys, columns, fields: fields, scans: scans)
        return answer { plan.write(to: &$0) }
    }
}
