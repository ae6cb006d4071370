internal import JourneyModel
internal import Timelines

/// Folds all journeys under a stage map into the stage funnel, as a whole and by the values of a field.
struct StagesScan: Sendable {
    let question: StagesQuestion
    let journeys: Journeys
    let columns: [EventField: PropertyColumn]
    let reader: SummaryReader
    /// The moment to judge at, in microseconds since 1970.
    let at: Int64
    /// By root, whether what came of the journey is told one by one; none where empty.
    let told: [Bool]

    /// What came of some journeys.
    struct Partial: Sendable {
        var whole: StageFunnel
        /// By value of the field, empty for none.
        var groups: [String: StageFunnel] = [:]
        var told: [(root: UInt32, outcome: StagesOutcome)] = []
    }

    /// - Complexity: O(rows), on so many threads.
    func run(threads: Int, _ monitor: WorkMonitor) throws(QuestionFault) -> Partial {
        let parts = Parallel.map(journeys.pieces.count, threads: threads) { number in
            monitor.tell(.journeys, number, of: journeys.pieces.count)
            return partial(journeys.pieces[number], monitor)
        }
        guard !monitor.isCancelled else { throw .columns(.cancelled) }
        var whole = Partial(whole: empty)
        for part in parts {
            whole.whole.merge(part.whole)
            whole.told += part.told
            for (value, funnel) in part.groups { whole.groups[value, default: empty].merge(funnel) }
        }
        guard whole.groups.count <= StagesQuestion.maximumValues else {
            throw .invalid(
                "/stages/by", "has more than \(StagesQuestion.maximumValues) values; a field to tell journeys apart by is one with a few")
        }
        return whole
    }

    private var empty: StageFunnel { StageFunnel(map: reader.map, scope: question.scope, at: at) }

    private func partial(_ piece: Journeys.Piece, _ monitor: WorkMonitor) -> Partial {
        var partial = Partial(whole: empty)
        // Texts of the values, each found once.
        var names: [PropertyValue: String] = [:]
        let column = question.by.flatMap { columns[$0] }
        for journey in 0..<piece.chunk.count where !piece.isReplaced(journey) {
            if journey % PathScan.stride == 0, monitor.isCancelled { break }
            let rows = JourneyRows(piece.chunk, journey)
            let summary = reader.summary(rows)
            partial.whole.add(summary)
            if let column {
                partial.groups[first(rows, column, &names), default: empty].add(summary)
                // One more than the most says enough.
                if partial.groups.count > StagesQuestion.maximumValues { break }
            }
            if !told.isEmpty, told[Int(rows.root)] {
                let outcome = StagesOutcome(partial.whole.outcomes(summary), reader.map)
                if !outcome.stages.isEmpty { partial.told.append((rows.root, outcome)) }
            }
        }
        return partial
    }

    /// The first value of a journey that is one; empty where it has none.
    private func first(_ rows: JourneyRows, _ column: PropertyColumn, _ names: inout [PropertyValue: String]) -> String {
        for event in rows {
            let value = column.value(event.row, journeys.effects)
            if value.isNone { continue }
            let name = names[value] ?? column.name(value) ?? ""
            names[value] = name
            if !name.isEmpty { return name }
        }
        return ""
    }
}

/// What came of the stages that one journey entered.
struct StagesOutcome: JourneyOutcome {
    /// One of them.
    struct Stage: Sendable, Hashable {
        let name: String
        let entered: Int64
        /// Nil in the last stage.
        let outcome: StageOutcome?
    }

    let stages: [Stage]

    init(_ outcomes: [(stage: Int, entered: Int64, outcome: StageOutcome?)], _ map: StageMap) {
        stages = outcomes.map { Stage(name: map.stages[$0.stage].name, entered: $0.entered, outcome: $0.outcome) }
    }

    func write(to writer: inout JSONWriter, _ source: JourneyColumns, _ table: EventTable) {
        writer.key("stages")
        writer.array { writer in
            for stage in stages {
                writer.object { writer in
                    writer.member("stage", stage.name)
                    writer.member("entered", Timestamp(microseconds: stage.entered).text)
                    switch stage.outcome {
                    case nil: break
                    case .converted(let duration):
                        writer.member("outcome", "converted")
                        writer.member("seconds", microseconds: duration)
                    case .undecided: writer.member("outcome", "undecided")
                    case .dropped: writer.member("outcome", "dropped")
                    }
                }
            }
        }
    }
}
