internal import JourneyModel
internal import Timelines

/// The frictions of the stage map and of the catalogue, from the columns.
struct StagedFrictions: Sendable {
    let reader: SummaryReader
    /// Nil where the stage map's alone are asked for.
    let measures: CatalogueMeasures?
    let values: DimensionValues
    let scope: Scope
    /// The moment to judge at, in microseconds since 1970.
    let at: Int64
    let hours: BusinessHours?
    let levels: ServiceLevels?

    private struct Part: Sendable {
        var cases: FrictionCases
        // By dimension and journey, the number of the value.
        var firsts: [[UInt32]]
    }

    /// The frictions of the journeys in scope, worst first.
    ///
    /// - Complexity: O(rows × measures) and O(cases × dimensions), on so many threads; a piece's cases are 16 bytes each.
    func frictions(
        _ journeys: Journeys, _ sources: Set<FrictionQuestion.Source>, threads: Int, _ monitor: WorkMonitor
    ) -> Friction {
        let catalogue = measures?.measures ?? []
        let empty = Part(
            cases: FrictionCases(reader.map, at: at, hours: hours, catalogue), firsts: values.fields.map { _ in [] })
        let numbers = catalogue.map { empty.cases.number(of: $0) ?? 0 }
        let isStaged = sources.contains(.stages)
        let parts = Parallel.map(journeys.pieces.count, threads: threads) { number in
            var part = empty
            let piece = journeys.pieces[number]
            for journey in 0..<piece.chunk.count where !piece.isReplaced(journey) {
                if journey % PathScan.stride == 0, monitor.isCancelled { break }
                let rows = JourneyRows(piece.chunk, journey)
                let summary = reader.summary(rows)
                guard scope.includes(summary) else { continue }
                measures?.each(rows, at: at, hours: hours) { part.cases.add(numbers[$0], duration: $1, isOpen: $2, isAffected: $3) }
                part.cases.add(summary, isIncluded: isStaged)
                values.read(rows, into: &part.firsts)
            }
            return part
        }
        var whole = empty
        for part in parts {
            whole.cases.merge(part.cases)
            for dimension in whole.firsts.indices { whole.firsts[dimension] += part.firsts[dimension] }
        }
        whole.cases.complete()
        let splits = values.fields.indices.map { values.split($0, whole.firsts[$0]) }
        return Friction(whole.cases, scope, levels: levels, splits: splits, threads: threads)
    }
}
