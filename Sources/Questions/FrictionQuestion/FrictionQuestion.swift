internal import EventLog
internal import JourneyModel
internal import Timelines

/// A friction question: where journeys wait, loop, bounce or get lost, under the stage map and without one.
///
///     {"activity": "data.event", "dimensions": ["data.platform"], "scope": "sales", "from": "2026-01-01", "to": "2026-04-01",
///      "sources": ["stages", "catalogue", "deviations"], "limit": 100,
///      "calendar": {"offset": "+01:00", "open": "09:00", "close": "17:00", "days": [1, 2, 3, 4, 5], "holidays": ["2026-04-03"]}}
///
/// All is optional. `activity` (else the type) is what deviations are found in; `dimensions` are what cases are compared by: else those of the
/// stage map, and for events of no department those that a survey of the log finds.
package struct FrictionQuestion: Sendable {
    private static let members = ["activity", "dimensions", "scope", "from", "to", "sources", "calendar", "limit"]

    /// Where frictions come from.
    enum Source: String, CaseIterable, Sendable {
        case stages, catalogue, deviations
    }

    let fields: PathFields
    let dimensions: [EventField]?
    let scope: Scope
    let sources: Set<Source>
    let hours: BusinessHours?
    let limit: Int

    init(_ part: QuestionPart) {
        part.allow(FrictionQuestion.members, "a friction question")
        var fields = PathFields()
        if let field = part["activity"]?.field() { fields.activity = field }
        self.fields = fields
        dimensions = part["dimensions"].map { part in
            part.elements(0...DeviationFrame.maximumDimensions, "fields").compactMap { $0.field() }
        }
        scope = Scope(part)
        let sources = part["sources"].map { part in
            part.elements(1...Source.allCases.count, "sources of frictions").compactMap { $0.word(Source.self) }
        }
        self.sources = Set(sources ?? Source.allCases)
        hours = part["calendar"].flatMap { BusinessHours($0) }
        limit = part["limit"]?.integer(1...1000, "frictions told of") ?? 100
    }

    /// Finds the frictions, piece by piece on the columns' threads.
    ///
    /// - Parameter at: the moment to judge at, in microseconds since 1970.
    /// - Complexity: O(rows × measures) and O(things × segments × periods²).
    func answer(
        _ journeys: Journeys, _ source: JourneyColumns, _ definitions: DefinitionsInForce, at: Int64, _ monitor: WorkMonitor = WorkMonitor()
    ) throws(QuestionFault) -> FrictionAnswer {
        let (map, catalogue) = (definitions.map, try FrictionQuestion.catalogue())
        let dimensions = try dimensions(journeys, source, map)
        let columns: [EventField: PropertyColumn]
        do throws(ColumnsError) {
            columns = try source.properties(fields(journeys, source, map, catalogue, dimensions), for: journeys, monitor)
        } catch {
            throw .columns(error)
        }
        let limit = sources.contains(.deviations) ? DeviationCounts.maximumSegments : DimensionValues.maximum
        let values = DimensionValues(dimensions, columns, journeys, limit: limit)
        let threads = source.limits.threads
        let staged = StagedFrictions(
            reader: SummaryReader(map, journeys, columns, log: source.log),
            measures: sources.contains(.catalogue) ? CatalogueMeasures(catalogue, journeys, columns, source) : nil, values: values,
            scope: scope, at: at, hours: hours ?? definitions.hours, levels: definitions.levels
        ).frictions(journeys, sources, threads: threads, monitor)
        if monitor.isCancelled { throw .columns(.cancelled) }
        guard sources.contains(.deviations) else { return FrictionAnswer(staged, [], names: [], limit: self.limit) }
        let scan = PathScan(journeys, fields, columns, included: nil, log: source.log)
        let (deviations, names) = try deviations(scan, values, columns, source, monitor)
        return FrictionAnswer(staged, deviations, names: names, limit: self.limit)
    }

    private static func catalogue() throws(QuestionFault) -> CatalogueMeasures.Patterns {
        let faults = QuestionPart.Faults()
        do throws(Violation) {
            let patterns = CatalogueMeasures.Patterns(try .shipped(), faults)
            guard faults.list.isEmpty else { throw faults.list[0] }
            return patterns
        } catch {
            throw .invalid([error])
        }
    }

    /// The fields that the question looks at.
    func fields(_ journeys: Journeys, _ source: JourneyColumns, _ map: StageMap) throws(QuestionFault) -> Set<EventField> {
        fields(journeys, source, map, try FrictionQuestion.catalogue(), try dimensions(journeys, source, map))
    }

    private func fields(
        _ journeys: Journeys, _ source: JourneyColumns, _ map: StageMap, _ catalogue: CatalogueMeasures.Patterns, _ dimensions: [EventField]
    ) -> Set<EventField> {
        var found = Set(dimensions).union(SummaryReader.fields(map))
        if sources.contains(.stages) { found.formUnion(SummaryReader.fieldsOfSnoozes(source)) }
        if sources.contains(.catalogue) { found.formUnion(catalogue.fields(journeys, source)) }
        if sources.contains(.deviations) { found.formUnion(fields.fields(hasUnlistedTypes: journeys.table.hasUnlistedTypes)) }
        return found
    }

    /// Those that are asked for, or else those of the map and what a survey finds.
    private func dimensions(_ journeys: Journeys, _ source: JourneyColumns, _ map: StageMap) throws(QuestionFault) -> [EventField] {
        if let dimensions { return dimensions }
        if !sources.contains(.deviations) { return map.dimensions.map { .data([$0]) } }
        do throws(LogError) {
            let surveyed = try FieldSurvey(source.log, through: journeys.position).fields
            let names = map.dimensions + surveyed.filter { !map.dimensions.contains($0) }
            return names.prefix(DeviationFrame.maximumDimensions).map { .data([$0]) }
        } catch {
            throw .columns(.log(error))
        }
    }

    private func deviations(
        _ scan: PathScan, _ values: DimensionValues, _ columns: [EventField: PropertyColumn], _ source: JourneyColumns,
        _ monitor: WorkMonitor
    ) throws(QuestionFault) -> (found: [Deviation], names: [String]) {
        let threads = source.limits.threads
        var (graph, names) = (DirectlyFollowsGraph(), PathNames())
        let parts = try scan.parts(threads: threads, monitor, "/friction/activity") { _ in
            (graph: DirectlyFollowsGraph(), names: PathNames())
        } add: { part, reader, _ in
            part.graph.add(reader.rows)
        } end: { part, names in
            part.names = names
        }
        for part in parts {
            let numbers = part.names.activities.compactMap { names.activity($0) }
            guard numbers.count == part.names.activities.count else { throw scan.tooManyActivities("/friction/activity") }
            graph.merge(part.graph, numbers: numbers)
        }
        let journeys = scan.journeys
        guard let span = journeys.table.span(before: journeys.rowCount) else { return ([], []) }
        let frame = DeviationFrame(graph, span: span, dimensions: values.fields.map(\.name))
        let empty = DeviationCounts(frame, segments: values.segments)
        let again = PathScan(journeys, fields, columns, included: nil, log: source.log, names: names)
        let counts = try again.fold(threads: threads, monitor, "/friction/activity") {
            (counts: empty, segments: [UInt8]())
        } add: { part, reader in
            values.read(reader.rows, first: journeys.table.first, into: &part.segments)
            part.counts.add(reader.rows, dimensions: part.segments)
        }
        let all = counts.dropFirst().reduce(into: counts.first?.counts ?? empty) { $0.merge($1.counts) }
        let found = Deviations(all, threads: threads, monitor).found
        if monitor.isCancelled { throw .columns(.cancelled) }
        return (found, names.activities)
    }
}

extension EventTable {
    private static let sampled = 1 << 16

    /// The first and the last moment of the rows before `end`; nil where there are none.
    ///
    /// A few events with impossible dates must not stretch it: where all but a thousandth on either side lie within a quarter of it, those
    /// are its ends. O(rows).
    fileprivate func span(before end: Row) -> ClosedRange<Int64>? {
        guard end > 0 else { return nil }
        var (least, most) = (Int64.max, Int64.min)
        for row in 0..<end {
            least = min(least, time(row))
            most = max(most, time(row))
        }
        let step = max(1, Int(end) / EventTable.sampled)
        let times = Swift.stride(from: 0, to: Int(end), by: step).map { time(Row($0)) }.sorted()
        let (early, late) = (times[times.count / 1000], times[times.count - 1 - times.count / 1000])
        return (late - early) < (most - least) / 4 ? early...late : least...most
    }
}

extension BusinessHours {
    private static let minute: Int64 = 60_000_000

    /// Reads `calendar`.
    init?(_ part: QuestionPart) {
        part.allow(["offset", "open", "close", "days", "holidays"], "business hours")
        guard let open = part["open"].flatMap(BusinessHours.time) ?? BusinessHours.missing("open", part),
            let close = part["close"].flatMap(BusinessHours.time) ?? BusinessHours.missing("close", part)
        else { return nil }
        guard open < close else {
            part["close"]?.fault("must be later than open")
            return nil
        }
        let days = part["days"].map {
            $0.elements(1...7, "weekdays, Monday is 1").compactMap { $0.integer(1...7, "a weekday, Monday is 1") }
        }
        let working = Set(days ?? [1, 2, 3, 4, 5])
        let holidays = part["holidays"]?.elements(0...BusinessHours.maximumHolidays, "dates").compactMap { $0.moment() } ?? []
        self.init(
            week: (1...7).map { working.contains($0) ? open...close : nil }, offset: part["offset"].flatMap(BusinessHours.offset) ?? 0,
            holidays: holidays.map { CalendarPeriod.day.number(of: $0.microseconds) })
    }

    private static func missing(_ name: String, _ part: QuestionPart) -> Int64? {
        if part[name] == nil { part.fault("has no \(name): a time of day such as 09:00") }
        return nil
    }

    private static func time(_ part: QuestionPart) -> Int64? {
        let found = part.value.text.flatMap { Timestamp("1970-01-01T\($0):00Z") }?.microseconds
        if part.value.text == "24:00" { return 1440 * minute }
        if found == nil { part.fault("must be a time of day such as 09:00") }
        return found
    }

    private static func offset(_ part: QuestionPart) -> Int64? {
        guard let found = part.value.text.flatMap({ Timestamp("1970-01-02T00:00:00\($0)") }) else {
            part.fault("must be an offset from UTC such as +01:00")
            return nil
        }
        return 1440 * minute - found.microseconds
    }
}
