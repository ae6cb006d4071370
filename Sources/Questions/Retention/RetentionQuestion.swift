internal import JourneyModel
package import Timelines

/// A retention question: of those who started, who came back, and after how long.
///
///     {"start": {"type": "finance.order.placed"}, "return": {"type": "finance.order.placed", "where": {…}},
///      "mode": "on", "buckets": "calendar", "period": "month", "count": 12}
package struct RetentionQuestion: Sendable {
    private static let members = ["start", "return", "mode", "buckets", "period", "count"]

    let start: EventPattern
    let comeback: EventPattern
    let definition: Retention.Definition

    /// - Returns: nil where there is nothing to ask; the faults say why.
    init?(_ part: QuestionPart) {
        part.allow(RetentionQuestion.members, "a retention question")
        var conditions = ConditionReader()
        let kinds = ["start", "return"].compactMap { RetentionQuestion.event($0, part, &conditions) }
        guard kinds.count == 2 else { return nil }
        (start, comeback) = (kinds[0], kinds[1])
        var definition = Retention.Definition()
        if let mode = part["mode"]?.word(Retention.Definition.Mode.self) { definition.mode = mode }
        if let buckets = part["buckets"]?.word(Retention.Definition.Buckets.self) { definition.buckets = buckets }
        if let period = part["period"]?.word(CalendarPeriod.self) { definition.period = period }
        if let count = part["count"]?.integer(1...Retention.Definition.maximumBuckets, "buckets") { definition.count = count }
        self.definition = definition
    }

    private static func event(_ name: String, _ part: QuestionPart, _ conditions: inout ConditionReader) -> EventPattern? {
        guard let event = part[name] else {
            part.fault("has no \(name): an event with type, where or both")
            return nil
        }
        return EventPattern(event, &conditions)
    }

    /// The fields that the question looks at.
    package func fields(_ journeys: Journeys, _ source: JourneyColumns) -> Set<EventField> {
        start.fields(journeys, source).union(comeback.fields(journeys, source))
    }

    /// Adds up all journeys, piece by piece on the columns' threads.
    ///
    /// - Parameter at: the moment to judge at, in microseconds since 1970.
    /// - Complexity: O(rows).
    package func answer(
        _ journeys: Journeys, _ source: JourneyColumns, at: Int64, _ monitor: WorkMonitor = WorkMonitor()
    ) throws(QuestionFault) -> Retention {
        let columns: [EventField: PropertyColumn]
        do throws(ColumnsError) {
            columns = try source.properties(fields(journeys, source), for: journeys, monitor)
        } catch {
            throw .columns(error)
        }
        let (starts, returns) = (start.rows(journeys, columns, source), comeback.rows(journeys, columns, source))
        let definition = definition
        let parts = Parallel.map(journeys.pieces.count, threads: source.limits.threads) { number in
            var retention = Retention(definition, at: at)
            let piece = journeys.pieces[number]
            var times: [Int64] = []
            for journey in 0..<piece.chunk.count where !piece.isReplaced(journey) {
                if journey % PathScan.stride == 0, monitor.isCancelled { break }
                let rows = JourneyRows(piece.chunk, journey)
                guard let first = rows.firstIndex(where: { starts.contains($0.row) }), rows[first].time <= at else { continue }
                times.removeAll(keepingCapacity: true)
                for event in rows[(first + 1)...] where returns.contains(event.row) { times.append(event.time) }
                retention.add(start: rows[first].time, returns: times)
            }
            return retention
        }
        if monitor.isCancelled { throw .columns(.cancelled) }
        return parts.reduce(into: Retention(definition, at: at)) { $0.merge($1) }
    }
}
