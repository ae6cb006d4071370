internal import EventLog
internal import JourneyModel
internal import Timelines

/// The answer to a question for the stage funnel.
struct StagesAnswer {
    let question: Question
    let stages: StagesQuestion
    let asked: AskedJourneys
    let columns: JourneyColumns
    let definitions: DefinitionsInForce
    let monitor: WorkMonitor

    func json() throws(QuestionFault) -> [UInt8] {
        let fields = stages.fields([definitions.map] + [definitions.replaced].compactMap(\.self))
        guard !question.isPlan else {
            let plan = QuestionPlan(asked.journeys, columns, fields: fields, scans: asked.isCompared ? 2 : 1)
            return asked.answer(question) { plan.write(to: &$0) }
        }
        let properties: [EventField: PropertyColumn]
        do throws(ColumnsError) {
            properties = try columns.properties(fields, for: asked.widest, monitor)
        } catch {
            throw .columns(error)
        }
        func run(_ journeys: Journeys, _ map: StageMap, _ told: [Bool]) throws(QuestionFault) -> StagesScan.Partial {
            let reader = SummaryReader(map, journeys, properties, log: columns.log)
            return try StagesScan(
                question: stages, journeys: journeys, columns: properties, reader: reader, at: asked.at.microseconds, told: told
            ).run(threads: columns.limits.threads, monitor)
        }
        guard let against = try asked.against(definitions, columns) else {
            let found = try run(asked.journeys, definitions.map, [])
            return asked.answer(question) { write(found, to: &$0) }
        }
        let before = try run(against.before, against.map ?? definitions.map, against.told(against.before))
        let after = try run(asked.journeys, definitions.map, against.told(asked.journeys))
        return asked.answer(question) { writer in
            write(after, to: &writer)
            writer.key("diff")
            writer.object { writer in
                against.write(to: &writer)
                writer.key("cells")
                StagesAnswer.writeCells(before.whole, after.whole, to: &writer)
                JourneyDifferences(before.told, after.told, against, asked.journeys, columns).write(to: &writer)
            }
        }
    }

    private func write(_ found: StagesScan.Partial, to writer: inout JSONWriter) {
        definitions.write(to: &writer)
        writer.key("stages")
        StageRow.write(found.whole.rows, to: &writer)
        guard stages.by != nil else { return }
        writer.key("groups")
        writer.array { writer in
            for (value, funnel) in found.groups.sorted(by: { $0.key < $1.key }) {
                writer.object { writer in
                    writer.member("value", value.isEmpty ? nil : value)
                    writer.key("stages")
                    StageRow.write(funnel.rows, to: &writer)
                }
            }
        }
    }

    /// The numbers that differ; those of a stage that one side does not have are null there.
    private static func writeCells(_ before: StageFunnel, _ after: StageFunnel, to writer: inout JSONWriter) {
        let (old, new) = (before.rows, after.rows)
        let names = new.map(\.stage.name) + old.map(\.stage.name).filter { name in !new.contains { $0.stage.name == name } }
        writer.array { writer in
            for name in names {
                let (one, other) = (old.first { $0.stage.name == name }, new.first { $0.stage.name == name })
                DifferingCell.write(one?.cells, other?.cells, to: &writer) { $0.member("stage", name) }
            }
        }
    }
}

extension StageRow {
    /// Its numbers by name, as JSON.
    fileprivate var cells: [DifferingCell] {
        [
            DifferingCell("entered", entered), DifferingCell("converted", converted), DifferingCell("undecided", undecided),
            DifferingCell("dropped", dropped), DifferingCell("contradictions", contradictions),
            DifferingCell("timeToNext", times),
        ]
    }
}
