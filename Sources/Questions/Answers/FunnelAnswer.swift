internal import EventLog
internal import JourneyModel
internal import Timelines

/// The answer to one funnel question.
struct FunnelAnswer {
    /// Most journeys that differ between two semantics and are told.
    private static let maximumDifferences = 1000

    private let question: Question
    private let funnel: FunnelDefinition
    private let asked: AskedJourneys
    private let columns: JourneyColumns
    private let monitor: WorkMonitor

    private var journeys: Journeys { asked.journeys }

    init(
        _ question: Question, _ funnel: FunnelDefinition, _ asked: AskedJourneys, _ columns: JourneyColumns, _ monitor: WorkMonitor
    ) {
        (self.question, self.funnel, self.asked, self.columns, self.monitor) = (question, funnel, asked, columns, monitor)
    }

    func json() throws(QuestionFault) -> [UInt8] {
        let fields = FunnelPlan.fields(funnel, journeys, columns)
        guard !question.isPlan else { return plan(fields) }
        let properties: [EventField: PropertyColumn]
        do throws(ColumnsError) {
            properties = try columns.properties(fields, for: asked.widest, monitor)
        } catch {
            throw .columns(error)
        }
        let plan = FunnelPlan(funnel, journeys, columns, properties, at: asked.at.microseconds)
        let run = FunnelRun(plan: plan, threads: columns.limits.threads, monitor: monitor)
        if case .journey(let subject) = question.explained {
            let explanation = try FunnelExplanation(subject, plan, columns)
            return answer { explanation.write(to: &$0) }
        }
        let partial = try run.partial(funnel.semantics, listing)
        let comparisons = try funnel.compared.map { (semantics) throws(QuestionFault) in
            (semantics, try run.partial(semantics, .all(rows: false)))
        }
        let difference = try asked.against(nil, columns).map { (against) throws(QuestionFault) in
            try FunnelDifference(funnel, against, asked, columns, properties, monitor)
        }
        return answer { writer in
            write(partial, comparisons, properties, to: &writer)
            difference?.write(to: &writer)
        }
    }

    private var listing: FunnelScan.Listing {
        let wantsRows = question.listing != nil || question.explained != nil
        if !funnel.compared.isEmpty || question.listing == .all { return .all(rows: wantsRows) }
        return wantsRows ? .entered : .none
    }

    private func answer(_ body: (inout JSONWriter) -> Void) -> [UInt8] {
        asked.answer(question) { writer in
            funnel.semantics.write(to: &writer)
            body(&writer)
        }
    }

    // MARK: - Plan

    /// What answering would read, without reading it.
    private func plan(_ fields: Set<EventField>) -> [UInt8] {
        let plan = QuestionPlan(journeys, columns, fields: fields, scans: 1 + funnel.compared.count + (asked.isCompared ? 2 : 0))
        return answer { plan.write(to: &$0) }
    }

    // MARK: - Numbers

    private func write(
        _ partial: FunnelPartial, _ comparisons: [(FunnelSemantics, FunnelPartial)], _ properties: [EventField: PropertyColumn],
        to writer: inout JSONWriter
    ) {
        writer.key("steps")
        partial.totals.writeSteps(funnel.names, histogramBins: funnel.histogramBins, to: &writer)
        if let breakdown = funnel.breakdown, let column = properties[breakdown.field] {
            writer.key("groups")
            writeGroups(partial.groups, column, to: &writer)
        }
        if funnel.trend != nil {
            writer.key("trend")
            writeTrend(partial.trend, to: &writer)
        }
        if !comparisons.isEmpty {
            writer.key("compare")
            writer.array { writer in
                for (semantics, other) in comparisons { writeComparison(semantics, partial, other, to: &writer) }
            }
        }
        if let cell = question.explained { writeCell(cell, partial.listed, to: &writer) }
        if let listing = question.listing {
            writer.key("journeys")
            writeListed(partial.listed.filter { listing == .all || $0.level > 0 }, to: &writer)
        }
    }

    private func writeGroups(_ groups: FunnelGroups, _ column: PropertyColumn, to writer: inout JSONWriter) {
        let named = zip(groups.keys, groups.totals).compactMap { (key, totals) -> FunnelGroupList.Group<FunnelTotals>? in
            guard case .value(let value) = key else { return nil }
            return FunnelGroupList.Group(value: column.scalar(value), entered: totals.count(1), cells: totals)
        }
        FunnelGroupList.write(named, to: &writer) { totals, writer in
            totals.writeSteps(funnel.names, histogramBins: funnel.histogramBins, to: &writer)
        } merge: { totals in
            totals.dropFirst().reduce(into: totals[0]) { $0.merge($1) }
        }
    }

    private func writeTrend(_ trend: FunnelGroups, to writer: inout JSONWriter) {
        let days = zip(trend.keys, trend.totals).compactMap { (key, totals) -> (day: Int64, totals: FunnelTotals)? in
            if case .day(let day) = key { (day, totals) } else { nil }
        }
        writer.array { writer in
            for (day, totals) in days.sorted(by: { $0.day < $1.day }) {
                writer.object { writer in
                    writer.member("from", Timestamp(microseconds: day).text)
                    writer.key("steps")
                    totals.writeSteps(funnel.names, histogramBins: funnel.histogramBins, to: &writer)
                }
            }
        }
    }

    /// The counts by other semantics, and the journeys that get to another level.
    private func writeComparison(
        _ semantics: FunnelSemantics, _ partial: FunnelPartial, _ other: FunnelPartial, to writer: inout JSONWriter
    ) {
        // Both list every journey (or subject) in the same order.
        let differences = zip(partial.listed, other.listed).filter { $0.level != $1.level }
        let told = differences.prefix(FunnelAnswer.maximumDifferences)
        let names = JourneyNames(Set(told.map(\.0.root)), journeys, columns)
        writer.object { writer in
            semantics.write(to: &writer)
            writer.key("steps")
            writer.array { writer in
                for (index, name) in funnel.names.enumerated() {
                    writer.object { writer in
                        writer.member("name", name)
                        writer.member("count", other.totals.count(index + 1))
                    }
                }
            }
            writer.member("differing", differences.count)
            writer.key("journeys")
            writer.array { writer in
                for (one, other) in told.map({ (names[$0.0.root], $0.0, $0.1) }).sorted(by: { $0.0 < $1.0 }).map({ ($0.1, $0.2) }) {
                    writer.object { writer in
                        writer.member("journey", names[one.root])
                        if one.subject != 0 { writer.member("subject", columns.name(of: one.subject - 1)) }
                        writer.member("level", one.level)
                        writer.member("otherLevel", other.level)
                    }
                }
            }
        }
    }

    // MARK: - Journeys

    private func writeCell(_ explained: Question.Explained, _ listed: [FunnelPartial.Listed], to writer: inout JSONWriter) {
        guard case .cell(let step, let cell) = explained else { return }
        let isLast = step == funnel.steps.count
        let behind = listed.filter { journey in
            switch cell {
            case .count: Int(journey.level) >= step
            case .undecided: Int(journey.level) == step && journey.isOpen && !isLast
            case .dropped: Int(journey.level) == step && !journey.isOpen && !isLast
            }
        }
        writer.key("explain")
        writer.object { writer in
            writer.member("step", step)
            writer.member("cell", cell.rawValue)
            writer.member("count", behind.count)
            writer.key("journeys")
            writeListed(behind, to: &writer)
        }
    }

    private func writeListed(_ listed: [FunnelPartial.Listed], to writer: inout JSONWriter) {
        let names = JourneyNames(Set(listed.map(\.root)), journeys, columns)
        let sorted = listed.map { (name: names[$0.root], journey: $0) }.sorted { one, other in
            one.name != other.name ? one.name < other.name : (one.journey.rows.first ?? 0) < (other.journey.rows.first ?? 0)
        }
        writer.array { writer in
            for (name, journey) in sorted {
                writer.object { writer in
                    writer.member("journey", name)
                    if journey.subject != 0 { writer.member("subject", columns.name(of: journey.subject - 1)) }
                    writer.member("level", journey.level)
                    if journey.isOpen, Int(journey.level) < funnel.steps.count {
                        writer.key("undecided")
                        writer.bool(true)
                    }
                    writer.key("positions")
                    writer.array { writer in for row in journey.rows { writer.number(journeys.table.position(row)) } }
                }
            }
        }
    }
}

extension FunnelSemantics {
    /// Writes the members that name it.
    func write(to writer: inout JSONWriter) {
        writer.member("semantics", name)
        switch self {
        case .journeyd(let order), .postHog(let order): writer.member("order", order.rawValue)
        case .clickHouse(let modes):
            writer.key("modes")
            writer.array { writer in for (name, mode) in Modes.names where modes.contains(mode) { writer.string(name) } }
        }
    }
}
