internal import JourneyModel
internal import Timelines

/// What differs in a funnel between two sides: numbers of steps, and journeys.
struct FunnelDifference {
    private let funnel: FunnelDefinition
    private let against: Against
    private let before: FunnelPartial
    private let after: FunnelPartial
    private let journeys: JourneyDifferences<FunnelLevel>

    /// - Complexity: O(events of both sides).
    init(
        _ funnel: FunnelDefinition, _ against: Against, _ asked: AskedJourneys, _ columns: JourneyColumns,
        _ properties: [EventField: PropertyColumn], _ monitor: WorkMonitor
    ) throws(QuestionFault) {
        func partial(_ journeys: Journeys) throws(QuestionFault) -> FunnelPartial {
            let plan = FunnelPlan(funnel, journeys, columns, properties, at: asked.at.microseconds)
            let run = FunnelRun(plan: plan, threads: columns.limits.threads, monitor: monitor)
            return try run.partial(funnel.semantics, .marked(against.told(journeys)))
        }
        (self.funnel, self.against) = (funnel, against)
        before = try partial(against.before)
        after = try partial(asked.journeys)
        let isLast = funnel.steps.count
        func found(_ partial: FunnelPartial) -> [JourneyDifferences<FunnelLevel>.Found] {
            partial.listed.map { ($0.root, FunnelLevel($0, isLast: Int($0.level) == isLast)) }
        }
        journeys = JourneyDifferences(found(before), found(after), against, asked.journeys, columns)
    }

    /// Writes the member `diff`.
    func write(to writer: inout JSONWriter) {
        writer.key("diff")
        writer.object { writer in
            against.write(to: &writer)
            writer.key("cells")
            writer.array { writer in
                for (index, name) in funnel.names.enumerated() {
                    DifferingCell.write(before.totals.cells(index + 1), after.totals.cells(index + 1), to: &writer) { writer in
                        writer.member("step", index + 1)
                        writer.member("name", name)
                    }
                }
            }
            journeys.write(to: &writer)
        }
    }
}

/// How far one journey, try or subject got, and by which events.
struct FunnelLevel: JourneyOutcome {
    private let subject: UInt32
    private let level: UInt8
    private let isUndecided: Bool
    private let rows: [EventTable.Row]

    init(_ listed: FunnelPartial.Listed, isLast: Bool) {
        (subject, level, rows) = (listed.subject, listed.level, listed.rows)
        isUndecided = listed.isOpen && !isLast
    }

    func write(to writer: inout JSONWriter, _ source: JourneyColumns, _ table: EventTable) {
        if subject != 0 { writer.member("subject", source.name(of: subject - 1)) }
        writer.member("level", level)
        if isUndecided {
            writer.key("undecided")
            writer.bool(true)
        }
        writer.key("positions")
        writer.array { writer in for row in rows { writer.number(table.position(row)) } }
    }
}

extension FunnelTotals {
    /// The numbers of a step, counted from 1, by name.
    fileprivate func cells(_ step: Int) -> [DifferingCell] {
        [
            DifferingCell("count", count(step)), DifferingCell("undecided", undecided(step)), DifferingCell("dropped", dropped(step)),
            DifferingCell("timeFromPrevious", Distribution(times[step - 1]).figures),
        ]
    }
}
