internal import Crypto
internal import EventLog
internal import JourneyModel
internal import Questions
internal import Synchronization
internal import Timelines

extension JourneyViews {
    /// The funnel as JSON.
    ///
    /// - Complexity: a few searches a stage, however many journeys there are; O(journeys) where `from`, `to` or `by` picks among them.
    package func funnel(_ query: ViewQuery) throws(ViewError) -> [UInt8] {
        try answer(query) { (state, at, writer) throws(ViewError) in
            let isWhole = query.scope.from == nil && query.scope.to == nil
            let journeys = isWhole && query.by == nil ? [] : state.journeys
            writer.key("stages")
            let rows =
                isWhole
                ? state.cells.rows(department: query.scope.department, at: at)
                : StageFunnel(journeys.lazy.map(\.summary), map: state.timelines.map, scope: query.scope, at: at).rows
            StageRow.write(rows, to: &writer)
            guard let by = query.by else { return }
            let values = try values(of: by, journeys, state)
            let groups = Dictionary(grouping: journeys.indices) { values[$0] }
            writer.key("groups")
            writer.array { writer in
                for value in groups.keys.sorted() {
                    writer.object { writer in
                        writer.member("value", value.isEmpty ? nil : value)
                        writer.key("stages")
                        let members = groups[value, default: []].lazy.map { journeys[$0].summary }
                        StageRow.write(StageFunnel(members, map: state.timelines.map, scope: query.scope, at: at).rows, to: &writer)
                    }
                }
            }
        }
    }

    /// The frictions as JSON, worst first. O(journeys).
    package func friction(_ query: ViewQuery) throws(ViewError) -> [UInt8] {
        try answer(query) { (state, at, writer) throws(ViewError) in
            let journeys = state.journeys
            let splits: [Friction.Split]
            if let by = query.by {
                splits = [Friction.Split(field: by, values: try values(of: by, journeys, state), isAskedFor: true)]
            } else {
                splits = state.timelines.map.dimensions.enumerated().map { (index, name) in
                    Friction.Split(field: "data.\(name)", values: state.values(ofDimension: index, journeys), isAskedFor: false)
                }
            }
            writer.key("frictions")
            let position = state.timelines.position
            Friction(
                journeys.map(\.summary), map: state.timelines.map, scope: query.scope, at: at,
                hours: state.definitions.hours(at: position), levels: state.definitions.serviceLevels(at: position), splits: splits
            ).write(to: &writer)
        }
    }

    private func answer(
        _ query: ViewQuery, _ body: (borrowing JourneyState, Int64, inout JSONWriter) throws(ViewError) -> Void
    ) throws(ViewError) -> [UInt8] {
        var writer = JSONWriter()
        var failure: ViewError?
        let at = query.at ?? .now
        state.withLock { state in
            state.settle()
            writer.object { writer in
                writer.member("position", state.timelines.position)
                writer.member("at", at.text)
                writer.member("definition", state.definition)
                let erased = log.erasures.reduce(0) { $0 + $1.journeys }
                if erased > 0 { writer.member("erased", erased) }
                let parked = state.timelines.parked
                ViewStatus.write(parked: parked, count: parked.count, to: &writer)
                do throws(ViewError) {
                    try body(state, at.microseconds, &writer)
                } catch {
                    failure = error
                }
            }
        }
        if let failure { throw failure }
        return writer.bytes
    }

    /// The value of `field` for each journey: the one of its first event that has one; empty where none has.
    private func values(
        of field: String, _ journeys: [JourneyState.Journey], _ state: borrowing JourneyState
    ) throws(ViewError) -> [String] {
        if let dimension = state.timelines.map.dimensions.firstIndex(where: { "data.\($0)" == field }) {
            return state.values(ofDimension: dimension, journeys)
        }
        do throws(LogError) {
            let found = try FieldScan(field: field, log: log, timelines: state.timelines).values
            return journeys.map { found[$0.component] ?? "" }
        } catch {
            throw .log(error)
        }
    }
}

extension JourneyState {
    /// A journey and the component that it is.
    struct Journey {
        let component: UInt32
        let summary: JourneySummary
    }

    /// The journeys, in the order in which their names were first heard of.
    var journeys: [Journey] {
        var journeys: [Journey] = []
        eachSummary { journeys.append(Journey(component: $0, summary: $1)) }
        return journeys
    }

    func values(ofDimension index: Int, _ journeys: [Journey]) -> [String] {
        var texts: [UInt32: String] = [0: ""]
        return journeys.map { journey in
            let symbol = journey.summary.dimensions[index]
            if let text = texts[symbol] { return text }
            let text = timelines.value(symbol)
            texts[symbol] = text
            return text
        }
    }
}
