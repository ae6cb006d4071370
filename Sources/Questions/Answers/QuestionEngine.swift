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
        let position = try position(question.knowledge)
        let journeys: Journeys
        do throws(ColumnsError) {
            journeys = try columns.journeys(asOf: position, monitor)
        } catch {
            throw .columns(error)
        }
        let at: Timestamp
        if let asked = question.at { at = asked } else { at = try moment(question.knowledge, journeys) }
        let scan = ScanAnswer(question, journeys, columns, at: at, monitor)
        switch question.definition {
        case .funnel(let funnel):
            return try FunnelAnswer(question, funnel, journeys, columns, at: at, monitor).json()
        case .paths(let paths): return try scan.json(paths)
        case .friction(let friction): return try scan.json(friction)
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
        let position = try position(question.knowledge)
        let journeys: Journeys
        do throws(ColumnsError) {
            journeys = try columns.journeys(asOf: position, monitor)
        } catch {
            throw .columns(error)
        }
        return try export.selection(journeys, columns, monitor)
    }

    /// The position that is meant; nil for what is known now.
    private func position(_ knowledge: Question.Knowledge?) throws(QuestionFault) -> Position? {
        switch knowledge {
        case nil: return nil
        case .position(let position):
            guard position <= columns.log.tail else {
                throw .invalid("/asOf", "is behind the log's last position, which is \(columns.log.tail)")
            }
            return position
        case .moment(let moment):
            // Records carry ever later times.
            var (low, high) = (columns.log.first, columns.log.tail + 1)
            while low < high {
                let middle = low + (high - low) / 2
                guard let recorded = try recordedAt(middle) else { throw .columns(.retained) }
                if recorded <= moment { low = middle + 1 } else { high = middle }
            }
            return low - 1
        }
    }

    /// The moment to judge at, where the question names none.
    private func moment(_ knowledge: Question.Knowledge?, _ journeys: Journeys) throws(QuestionFault) -> Timestamp {
        switch knowledge {
        case nil: .now
        case .moment(let moment): moment
        case .position: try recordedAt(journeys.position) ?? .now
        }
    }

    private func recordedAt(_ position: Position) throws(QuestionFault) -> Timestamp? {
        do throws(LogError) {
            return try columns.log.recordedAt(position)
        } catch {
            throw .columns(.log(error))
        }
    }
}
