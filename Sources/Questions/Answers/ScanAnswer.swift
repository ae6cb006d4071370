internal import JourneyModel
internal import Timelines

/// The answer to a question that adds all journeys up: paths, frictions, retention.
struct ScanAnswer {
    private let question: Question
    private let journeys: Journeys
    private let columns: JourneyColumns
    private let at: Timestamp
    private let monitor: WorkMonitor

    init(_ question: Question, _ journeys: Journeys, _ columns: JourneyColumns, at: Timestamp, _ monitor: WorkMonitor) {
        (self.question, self.journeys, self.columns, self.at, self.monitor) = (question, journeys, columns, at, monitor)
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

    func json(_ friction: FrictionQuestion) throws(QuestionFault) -> [UInt8] {
        let map: StageMap
        do throws(Violation) {
            map = try .shipped()
        } catch {
            throw .invalid([error])
        }
        if question.isPlan { return plan(try friction.fields(journeys, columns, map), scans: 3) }
        let found = try friction.answer(journeys, columns, map, at: at.microseconds, monitor)
        return answer { found.write(to: &$0) }
    }

    /// How many journeys an export would hold; the export itself comes in pieces: ``QuestionEngine/selection(_:_:)``.
    func json(_ export: ExportQuestion) throws(QuestionFault) -> [UInt8] {
        if question.isPlan { return plan(export.fields, scans: 1) }
        let selection = try export.selection(journeys, columns, monitor)
        return answer { $0.member("journeys", selection.count) }
    }

    private func answer(_ body: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("position", journeys.position)
            writer.member("at", at.text)
            writer.member("definition", question.hash)
            body(&writer)
        }
        return writer.bytes
    }

    private func plan(_ fields: Set<EventField>, scans: Int) -> [UInt8] {
        let plan = QuestionPlan(journeys, columns, fields: fields, scans: scans)
        return answer { plan.write(to: &$0) }
    }
}
