internal import JourneyModel
internal import Timelines

/// The frictions of the stage map and the catalogue, from the columns.
struct StagedFrictions {
    private struct Part: Sendable {
        var summaries: [JourneySummary] = []
        var cases: [FrictionMeasure: [FrictionCase]] = [:]
        var values: [[UInt8]] = []
    }

    private let map: StageMap
    private let values: DimensionValues
    private let at: Int64
    private let hours: BusinessHours?
    private let parts: [Part]

    /// - Complexity: O(rows × measures).
    init(
        _ journeys: Journeys, _ reader: SummaryReader, _ measures: CatalogueMeasures, _ values: DimensionValues, at: Int64,
        _ hours: BusinessHours?, threads: Int, _ monitor: WorkMonitor
    ) {
        (map, self.values, self.at, self.hours) = (reader.map, values, at, hours)
        parts = Parallel.map(journeys.pieces.count, threads: threads) { number in
            var part = Part()
            let piece = journeys.pieces[number]
            for journey in 0..<piece.chunk.count where !piece.isReplaced(journey) {
                if journey % PathScan.stride == 0, monitor.isCancelled { break }
                let rows = JourneyRows(piece.chunk, journey)
                measures.each(rows, number: part.summaries.count, at: at, hours: hours) { part.cases[$0, default: []].append($1) }
                part.summaries.append(reader.summary(rows))
                part.values.append(values.first(rows))
            }
            return part
        }
    }

    /// The frictions of the journeys in `scope`, worst first.
    func frictions(_ scope: Scope) -> Friction {
        var (summaries, cases, found): ([JourneySummary], [FrictionMeasure: [FrictionCase]], [[UInt8]]) = ([], [:], [])
        for part in parts {
            for (measure, found) in part.cases { cases[measure, default: []] += found.map { $0.moved(by: summaries.count) } }
            summaries += part.summaries
            found += part.values
        }
        let splits = values.fields.indices.map { dimension in
            Friction.Split(
                field: values.fields[dimension].name, values: found.map { values.text($0[dimension]) }, isAskedFor: false)
        }
        return Friction(summaries, cases, map: map, scope: scope, at: at, splits: splits, hours: hours)
    }
}

extension FrictionCase {
    /// The case with its journey's place in a sequence that has others before.
    fileprivate func moved(by count: Int) -> FrictionCase {
        FrictionCase(journey + count, duration: duration, isOpen: isOpen, isAffected: isAffected)
    }
}
