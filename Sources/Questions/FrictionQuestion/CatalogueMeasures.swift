internal import EventLog
internal import JourneyModel
internal import Timelines

/// The waits and rates of the catalogue, tied to the columns.
struct CatalogueMeasures: Sendable {
    private struct Wait: Sendable {
        let measure: FrictionMeasure
        let isOfSubject: Bool
        let starts, ends: RowSet
        let cancels: RowSet?
        // What is any of the three.
        let all: RowSet

        init(_ measure: FrictionMeasure, isOfSubject: Bool, starts: RowSet, ends: RowSet, cancels: RowSet?) {
            (self.measure, self.isOfSubject, self.starts, self.ends, self.cancels) = (measure, isOfSubject, starts, ends, cancels)
            var all = starts
            all.formUnion(ends)
            if let cancels { all.formUnion(cancels) }
            self.all = all
        }
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
    // By symbol of a type: bit i where its events can mean something to measure i.
    private let relevant: [UInt64]

    /// - Complexity: O(rows × kinds of events), about a nanosecond each.
    init(_ patterns: Patterns, _ journeys: Journeys, _ columns: [EventField: PropertyColumn], _ source: JourneyColumns) {
        table = journeys.table
        waits = zip(patterns.catalogue.waits, patterns.waits).map { wait, kinds in
            Wait(
                FrictionMeasure(.wait, wait.place), isOfSubject: wait.isOfSubject,
                starts: kinds.starts.rows(journeys, columns, source),
                ends: kinds.ends.rows(journeys, columns, source), cancels: kinds.cancels?.rows(journeys, columns, source))
        }
        rates = zip(patterns.catalogue.rates, patterns.rates).map { rate, kinds in
            Rate(
                measure: FrictionMeasure(.rate, rate.place), base: kinds.base.rows(journeys, columns, source),
                again: kinds.again.rows(journeys, columns, source))
        }
        relevant = CatalogueMeasures.relevant(patterns, source)
    }

    /// Types that have no symbol, and measures behind the 64th, are always held against the journeys.
    private static func relevant(_ patterns: Patterns, _ source: JourneyColumns) -> [UInt64] {
        var relevant = [UInt64](repeating: 0, count: Int(EventRecord.unlisted) + 1)
        relevant[Int(EventRecord.unlisted)] = ~0
        let kinds =
            patterns.waits.map { [$0.starts, $0.ends] + ($0.cancels.map { [$0] } ?? []) } + patterns.rates.map { [$0.base] }
        for (number, kinds) in kinds.enumerated() {
            for kind in kinds {
                guard let types = kind.types else {
                    for type in relevant.indices { relevant[type] |= bit(number) }
                    continue
                }
                for type in types.compactMap({ source.type($0) }) { relevant[Int(type)] |= bit(number) }
            }
        }
        return relevant
    }

    private static func bit(_ number: Int) -> UInt64 { 1 << UInt64(min(number, 63)) }

    /// What there are cases of, in the order of their numbers.
    var measures: [FrictionMeasure] { waits.map(\.measure) + rates.map(\.measure) }

    /// Is told of a case: the number of its measure, how long it took, whether it goes on, and whether it happened.
    typealias Adding = (_ measure: Int, _ duration: Int64, _ isOpen: Bool, _ isAffected: Bool) -> Void

    /// Calls `add` with every case of a journey. O(rows × measures).
    func each(_ journey: JourneyRows, at moment: Int64, hours: BusinessHours?, _ add: Adding) {
        var pending: [(subject: UInt32, since: Int64)] = []
        let types = journey.chunk.types
        let relevant = journey.places.reduce(into: UInt64(0)) { $0 |= self.relevant[Int(types[$1])] }
        for number in waits.indices where relevant & CatalogueMeasures.bit(number) != 0 {
            each(number, journey, moment, hours, &pending, add)
        }
        for (number, rate) in rates.enumerated() where relevant & CatalogueMeasures.bit(waits.count + number) != 0 {
            guard let base = journey.firstIndex(where: { rate.base.contains($0.row) }) else { continue }
            let isAffected = journey[(base + 1)...].contains { rate.again.contains($0.row) }
            add(waits.count + number, 0, false, isAffected)
        }
    }

    private func each(
        _ number: Int, _ journey: JourneyRows, _ moment: Int64, _ hours: BusinessHours?,
        _ pending: inout [(subject: UInt32, since: Int64)], _ add: Adding
    ) {
        let wait = waits[number]
        for event in journey where wait.all.contains(event.row) {
            let (starts, ends) = (wait.starts.contains(event.row), wait.ends.contains(event.row))
            let cancels = wait.cancels?.contains(event.row) ?? false
            let subject = wait.isOfSubject ? table.subject(event.row) : 0
            let place = pending.firstIndex { $0.subject == subject }
            if let place, ends || cancels {
                let begun = pending.remove(at: place)
                if ends { add(number, CatalogueMeasures.length(begun.since, event.time, hours), false, false) }
            } else if starts, place == nil {
                pending.append((subject, event.time))
            }
        }
        for (_, since) in pending where since <= moment { add(number, CatalogueMeasures.length(since, moment, hours), true, false) }
        pending.removeAll(keepingCapacity: true)
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
