internal import EventLog
internal import JourneyModel
internal import Timelines

/// Folds journeys of the columns under a stage map, as the views do live.
struct SummaryReader: Sendable {
    let map: StageMap
    private let journeys: Journeys
    private let facts: [TypeFacts]
    private let conditions: [RowSet?]
    // By row, the department that holds the case from then on, plus one; nil where no event says.
    private let holders: RowMarks?
    private let minor: PropertyColumn?
    private let currency: PropertyColumn?
    // Of snoozes; nil where there are none.
    private let until: PropertyColumn?
    private let stage: PropertyColumn?

    private static let snoozeFields: (until: EventField, stage: EventField) = (.data(["until"]), .data(["stage"]))

    /// The fields of which columns must be had to know of stalls that are snoozed, beside the others; none where no event snoozes one.
    static func fieldsOfSnoozes(_ columns: JourneyColumns) -> Set<EventField> {
        columns.type(Snooze.type) == nil ? [] : [snoozeFields.until, snoozeFields.stage]
    }

    /// The fields of which columns must be had.
    static func fields(_ map: StageMap) -> Set<EventField> {
        let conditions = map.rules.compactMap(\.condition).map { EventField.data([$0.field]) }
        return Set(conditions + map.holders.map { .data([$0]) } + [money("minor"), money("ccy")])
    }

    private static func money(_ member: String) -> EventField { .data(["money", member]) }

    init(_ map: StageMap, _ journeys: Journeys, _ columns: [EventField: PropertyColumn], log: EventLog) {
        self.map = map
        self.journeys = journeys
        let symbols = (0..<Int(EventRecord.unlisted)).lazy.map { log.symbol(UInt32($0)) }.prefix { !$0.isEmpty }
        facts = symbols.map { TypeFacts($0, map) }
        conditions = map.rules.map { rule in
            guard let condition = rule.condition, let column = columns[.data([condition.field])] else { return nil }
            let test: ValueTest = condition.value.map { .equals(.text($0)) } ?? .equals(.null)
            return column.rows(test, of: journeys)
        }
        var holders: RowMarks?
        for column in map.holders.reversed().compactMap({ columns[.data([$0])] }) {
            for department in Department.allCases {
                let rows = column.rows(.equals(.text(department.name)), of: journeys)
                guard !rows.isEmpty else { continue }
                if holders == nil { holders = RowMarks(journeys) }
                holders?.mark(rows, department.rawValue + 1)
            }
        }
        self.holders = holders
        minor = columns[SummaryReader.money("minor")]
        currency = columns[SummaryReader.money("ccy")]
        (until, stage) = (columns[SummaryReader.snoozeFields.until], columns[SummaryReader.snoozeFields.stage])
    }

    /// Folds a journey. O(rows).
    func summary(_ journey: JourneyRows) -> JourneySummary {
        let events = journey.lazy.map { event -> (event: JourneySummary.Event, facts: TypeFacts?) in
            let facts = Int(event.type) < self.facts.count ? self.facts[Int(event.type)] : nil
            let money = facts?.isValue == true ? money(event.row) : nil
            return (
                JourneySummary.Event(
                    time: event.time, position: journeys.table.position(event.row), subject: journeys.table.subject(event.row),
                    rule: rule(facts, event.row), holder: holders?[event.row] ?? 0,
                    minor: money?.minor ?? 0, currency: money?.currency ?? 0,
                    snooze: facts?.snoozes == true ? snooze(event.row) : nil), facts
            )
        }
        return JourneySummary(events, dimensions: [], map)
    }

    private func rule(_ facts: TypeFacts?, _ row: EventTable.Row) -> UInt8 {
        for index in facts?.rules ?? [] {
            guard map.rules[index].condition != nil else { return UInt8(index + 1) }
            if conditions[index]?.contains(row) == true { return UInt8(index + 1) }
        }
        return 0
    }

    private func snooze(_ row: EventTable.Row) -> Snooze? {
        guard let until, case .text(let moment) = until.text(until.value(row, journeys.effects)) else { return nil }
        guard let stage else { return Snooze(until: moment, stage: nil, isOther: false, map) }
        let value = stage.value(row, journeys.effects)
        guard !value.isNone, case .text(let name) = stage.text(value) else {
            return Snooze(until: moment, stage: nil, isOther: !value.isNone, map)
        }
        return Snooze(until: moment, stage: name, isOther: false, map)
    }

    private func money(_ row: EventTable.Row) -> (minor: Int64, currency: UInt32)? {
        guard let minor, let currency, let amount = minor.value(row, journeys.effects).number.flatMap({ Int64(exactly: $0) }),
            case .text(let code) = currency.text(currency.value(row, journeys.effects))
        else { return nil }
        let letters = Array(code.utf8)
        return (amount, Currency.pack(letters.span))
    }
}
