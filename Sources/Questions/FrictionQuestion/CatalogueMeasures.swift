internal import JourneyModel
internal import Timelines

/// The waits and rates of the catalogue, tied to the columns.
struct CatalogueMeasures: Sendable {
    private struct Wait: Sendable {
        let measure: FrictionMeasure
        let isOfSubject: Bool
        let starts, ends: RowSet
        let cancels: RowSet?
    }

    private struct Rate: Sendable {
        let measure: FrictionMeasure
        let base, again: RowSet
    }

    /// A catalogue's kinds of events, read once.
    struct Patterns: Sendable {
        let catalogue: FrictionCatalogue
        let waits: [(starts: EventPattern, ends: EventPattern, cancels: EventPattern?)]
        let rates: [(base: EventPattern, again: EventPattern)]

        /// - Parameter faults: where what is wrong with the catalogue goes; nothing is with the shipped one.
        init(_ catalogue: FrictionCatalogue, _ faults: QuestionPart.Faults) {
            func pattern(_ value: JSONValue, _ pointer: String) -> EventPattern {
                var conditions = ConditionReader()
                return EventPattern(QuestionPart(value: value, pointer: pointer, faults: faults), &conditions)
            }
            self.catalogue = catalogue
            waits = catalogue.waits.map { wait in
                let name = wait.place.name
                return (pattern(wait.starts, name), pattern(wait.ends, name), wait.cancels.map { pattern($0, name) })
            }
            rates = catalogue.rates.map { (pattern($0.base, $0.place.name), pattern($0.again, $0.place.name)) }
        }

        func fields(_ journeys: Journeys, _ source: JourneyColumns) -> Set<EventField> {
            let waits = waits.flatMap { [$0.starts, $0.ends] + ($0.cancels.map { [$0] } ?? []) }
            return (waits + rates.flatMap { [$0.base, $0.again] }).reduce(into: []) { $0.formUnion($1.fields(journeys, source)) }
        }
    }

    private let waits: [Wait]
    private let rates: [Rate]
    private let table: EventTable

    /// - Complexity: O(rows × kinds of events), about a nanosecond each.
    init(_ patterns: Patterns, _ journeys: Journeys, _ columns: [EventField: PropertyColumn], _ source: JourneyColumns) {
        table = journeys.table
        waits = zip(patterns.catalogue.waits, patterns.waits).map { wait, kinds in
            Wait(
                measure: FrictionMeasure(.wait, wait.place), isOfSubject: wait.isOfSubject,
                starts: kinds.starts.rows(journeys, columns, source),
                ends: kinds.ends.rows(journeys, columns, source), cancels: kinds.cancels?.rows(journeys, columns, source))
        }
        rates = zip(patterns.catalogue.rates, patterns.rates).map { rate, kinds in
            Rate(
                measure: FrictionMeasure(.rate, rate.place), base: kinds.base.rows(journeys, columns, source),
                again: kinds.again.rows(journeys, columns, source))
        }
    }

    /// Calls `add` with every case of a journey. O(rows × measures).
    func each(_ journey: JourneyRows, number: Int, at moment: Int64, hours: BusinessHours?, _ add: (FrictionMeasure, FrictionCase) -> Void)
    {
        for wait in waits { each(wait, journey, number, moment, hours, add) }
        for rate in rates {
            guard let base = journey.firstIndex(where: { rate.base.contains($0.row) }) else { continue }
            let isAffected = journey[(base + 1)...].contains { rate.again.contains($0.row) }
            add(rate.measure, FrictionCase(number, isAffected: isAffected))
        }
    }

    private func each(
        _ wait: Wait, _ journey: JourneyRows, _ number: Int, _ moment: Int64, _ hours: BusinessHours?,
        _ add: (FrictionMeasure, FrictionCase) -> Void
    ) {
        var pending: [(subject: UInt32, since: Int64)] = []
        for event in journey {
            let (starts, ends) = (wait.starts.contains(event.row), wait.ends.contains(event.row))
            let cancels = wait.cancels?.contains(event.row) ?? false
            guard starts || ends || cancels else { continue }
            let subject = wait.isOfSubject ? table.subject(event.row) : 0
            let place = pending.firstIndex { $0.subject == subject }
            if let place, ends || cancels {
                let begun = pending.remove(at: place)
                if ends { add(wait.measure, FrictionCase(number, duration: CatalogueMeasures.length(begun.since, event.time, hours))) }
            } else if starts, place == nil {
                pending.append((subject, event.time))
            }
        }
        for (_, since) in pending where since <= moment {
            add(wait.measure, FrictionCase(number, duration: CatalogueMeasures.length(since, moment, hours), isOpen: true))
        }
    }

    private static func length(_ from: Int64, _ to: Int64, _ hours: BusinessHours?) -> Int64 {
        max(0, hours?.duration(from: from, to: to) ?? (to - from))
    }
}

extension FrictionMeasure {
    fileprivate init(_ kind: Kind, _ place: FrictionCatalogue.Place) {
        self.init(kind: kind, name: place.name, from: place.from, to: place.to, stage: place.stage, side: place.side)
    }
}
