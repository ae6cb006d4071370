package import JourneyModel

/// The built-in friction view: where journeys wait, loop, bounce or die, worst first, each with its reason in a sentence.
///
/// **Severity**, from 0 to 1, is the share of the cases that are worse than the benchmark, times how much worse they are, times
/// n/(n+20) so that a handful of cases does not outrank hundreds. The benchmark of a duration is the 75th percentile of
/// its own closed cases, that of a rate nothing. Figures without comparison are facts and not yet frictions: they count half, and
/// drop-offs, which are the funnel's matter, a fifth. Where the cases with one value of a dimension are worse than all others, by half or more and by four standard
/// errors of a two-proportion test, they become a row of their own whose benchmark is all others.
package struct Friction: Sendable {
    /// One row.
    package struct Row: Sendable {
        package let measure: FrictionMeasure
        /// The dimension (`data.region`) and value that the row's cases have in common; nil for all cases.
        package let segment: (field: String, value: String)?
        package let figures: FrictionFigures
        package let severity: Double
        package let reason: String
    }

    /// Worst first.
    package private(set) var rows: [Row] = []

    /// How a journey's cases are told apart: a dimension's name, its values by journey, and whether every value gets a row.
    package struct Split {
        package let field: String
        package let values: [String]
        package let isAskedFor: Bool

        package init(field: String, values: [String], isAskedFor: Bool) {
            self.field = field
            self.values = values
            self.isAskedFor = isAskedFor
        }
    }

    private static let maximumRows = 500

    /// - Complexity: O(cases × splits).
    package init(_ journeys: [JourneySummary], map: StageMap, scope: Scope, at moment: Int64, splits: [Split]) {
        self.init(journeys, Friction.cases(journeys, map, scope, moment, nil), scope, splits)
    }

    /// The cases of the stage map and of the catalogue's measures, in business hours where there are any.
    init(
        _ journeys: [JourneySummary], _ more: [FrictionMeasure: [FrictionCase]], map: StageMap, scope: Scope, at moment: Int64,
        splits: [Split], hours: BusinessHours?
    ) {
        let cases = Friction.cases(journeys, map, scope, moment, hours)
        let isIncluded = journeys.map { scope.includes($0) }
        let added = more.mapValues { $0.filter { isIncluded[$0.journey] } }
        self.init(journeys, cases.merging(added) { $0 + $1 }, scope, splits)
    }

    private init(_ journeys: [JourneySummary], _ cases: [FrictionMeasure: [FrictionCase]], _ scope: Scope, _ splits: [Split]) {
        for (measure, cases) in cases {
            if let department = scope.department, measure.from != department, measure.to != department { continue }
            let whole = FrictionFigures(measure, cases, journeys, benchmark: nil)
            if !splits.contains(where: \.isAskedFor) { rows.append(Row(measure, nil, whole)) }
            for split in splits { compare(measure, cases, journeys, split) }
        }
        rows.sort { Friction.isWorse($0, $1) }
        rows.removeLast(max(0, rows.count - Friction.maximumRows))
    }

    private static func cases(
        _ journeys: [JourneySummary], _ map: StageMap, _ scope: Scope, _ moment: Int64, _ hours: BusinessHours?
    ) -> [FrictionMeasure: [FrictionCase]] {
        var cases: [FrictionMeasure: [FrictionCase]] = [:]
        var withHolders: [Int] = []
        for (number, journey) in journeys.enumerated() where scope.includes(journey) {
            FrictionCase.each(journey, number: number, map: map, at: moment, hours: hours) { cases[$0, default: []].append($1) }
            if journey.hasHolders { withHolders.append(number) }
        }
        for measure in cases.keys where measure.kind == .pingPong {
            let bounced = Set(cases[measure, default: []].map(\.journey))
            for number in withHolders where !bounced.contains(number) {
                cases[measure, default: []].append(FrictionCase(number))
            }
        }
        return cases
    }

    /// Adds a row for each value of the split that stands out, or for every value where the split was asked for.
    private mutating func compare(
        _ measure: FrictionMeasure, _ cases: [FrictionCase], _ journeys: [JourneySummary], _ split: Split
    ) {
        let parts = Dictionary(grouping: cases) { split.values[$0.journey] }
        for (value, part) in parts where !value.isEmpty {
            let rest = parts.filter { $0.key != value && !$0.key.isEmpty }.flatMap(\.value)
            // What is at stake is only added up where it will be told.
            let others = rest.isEmpty ? nil : FrictionFigures(measure, rest, [], benchmark: nil)
            let standsOut = others.map { FrictionFigures(measure, part, [], benchmark: $0.reference).standsOut(from: $0) } ?? false
            guard split.isAskedFor || standsOut else { continue }
            let figures = FrictionFigures(measure, part, journeys, benchmark: others?.reference)
            rows.append(Row(measure, (split.field, value), figures, others))
        }
    }

    private static func isWorse(_ left: Row, _ right: Row) -> Bool {
        if left.severity != right.severity { return left.severity > right.severity }
        func key(_ row: Row) -> [String] {
            let measure = row.measure
            return [
                measure.name, measure.from.name, measure.to.name, measure.stage, row.segment?.field ?? "",
                row.segment?.value ?? "",
            ]
        }
        return key(left).lexicographicallyPrecedes(key(right))
    }

    /// Writes the array of rows.
    package func write(to writer: inout JSONWriter) {
        writer.array { writer in
            for row in rows { row.write(to: &writer) }
        }
    }
}

extension Friction.Row {
    fileprivate init(
        _ measure: FrictionMeasure, _ segment: (field: String, value: String)?, _ figures: FrictionFigures,
        _ others: FrictionFigures? = nil
    ) {
        self.measure = measure
        self.segment = segment
        self.figures = figures
        severity = (figures.severity * 1000).rounded() / 1000
        reason = FrictionReason.sentence(measure, segment, figures, others)
    }

    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("measure", measure.name)
            writer.member("from", measure.from.name)
            writer.member("to", measure.to.name)
            writer.member("stage", measure.stage)
            writer.member("side", measure.side.rawValue)
            writer.key("segment")
            if let segment {
                writer.object { writer in
                    writer.member("field", segment.field)
                    writer.member("value", segment.value)
                }
            } else {
                writer.null()
            }
            figures.write(to: &writer)
            writer.key("severity")
            writer.number(severity)
            writer.member("reason", reason)
        }
    }
}
