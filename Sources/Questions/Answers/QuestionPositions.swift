internal import EventLog
internal import JourneyModel
internal import Timelines

/// Which positions of the log are meant by what questions name.
struct QuestionPositions: Sendable {
    let log: EventLog

    /// The last position of what was known.
    ///
    /// - Parameter pointer: where the question names it.
    /// - Complexity: O(log events) reads for a moment.
    func position(_ knowledge: Question.Knowledge, _ pointer: String) throws(QuestionFault) -> Position {
        switch knowledge {
        case .position(let position):
            guard position <= log.tail else {
                throw .invalid(pointer, "is behind the log's last position, which is \(log.tail)")
            }
            return position
        case .moment(let moment):
            // Records carry ever later times.
            var (low, high) = (log.first, log.tail + 1)
            while low < high {
                let middle = low + (high - low) / 2
                guard let recorded = try recordedAt(middle) else { throw .columns(.retained) }
                if recorded <= moment { low = middle + 1 } else { high = middle }
            }
            return low - 1
        }
    }

    /// The moment to judge at, where the question names none.
    func moment(_ knowledge: Question.Knowledge?, _ position: Position?) throws(QuestionFault) -> Timestamp {
        switch knowledge {
        case nil: .now
        case .moment(let moment): moment
        case .position: try recordedAt(position ?? 0) ?? .now
        }
    }

    /// When the event at a position was stored; nil where there is none.
    func recordedAt(_ position: Position) throws(QuestionFault) -> Timestamp? {
        do throws(LogError) {
            return try log.recordedAt(position)
        } catch {
            throw .columns(.log(error))
        }
    }
}
