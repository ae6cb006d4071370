package import JourneyModel
internal import Timelines

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

    /// How journeys' cases are told apart: a dimension's name, its values by journey, and whether every value gets a row.
    package struct Split: Sendable {
        package let field: String
        package let isAskedFor: Bool
        /// The values that there are; the first is none.
        let texts: [String]
        /// By journey, the place of its value.
        let numbers: [UInt32]

        /// - Parameter values: by journey; empty where it has none.
        /// - Complexity: O(journeys).
        package init(field: String, values: [String], isAskedFor: Bool) {
            var known: [String: UInt32] = ["": 0]
            var texts = [""]
            let numbers = values.map { value in
                if let number = known[value] { return number }
                let number = UInt32(texts.count)
                known[value] = number
                texts.append(value)
                return number
            }
            self.init(field: field, texts: texts, numbers: numbers, isAskedFor: isAskedFor)
        }

        /// - Parameters:
        ///   - texts: distinct; the first is none.
        ///   - numbers: by journey, a place among `texts`.
        init(field: String, texts: [String], numbers: [UInt32], isAskedFor: Bool) {
            (self.field, self.texts, self.numbers, self.isAskedFor) = (field, texts, numbers, isAskedFor)
        }
    }

    private static let maximumRows = 500

    /// - Parameters:
    ///   - hours: the hours in which stays are measured; the whole week where nil.
    ///   - levels: how long stays may take.
    /// - Complexity: O(cases × splits), and a sort of the cases.
    package init(
        _ journeys: [JourneySummary], map: StageMap, scope: Scope, at moment: Int64, hours: BusinessHours? = nil,
        levels: ServiceLevels? = nil, splits: [Split]
    ) {
        var cases = FrictionCases(map, at: moment, hours: hours)
        for journey in journeys { cases.add(journey, isIncluded: scope.includes(journey)) }
        cases.complete()
        self.init(cases, scope, levels: levels, splits: splits)
    }

    /// Of cases that are complete.
    ///
    /// - Parameters:
    ///   - scope: the departments that are meant; which journeys count was decided when the cases were found.
    ///   - levels: how long stays may take.
    init(_ cases: FrictionCases, _ scope: Scope, levels: ServiceLevels? = nil, splits: [Split], threads: Int = 1) {
        let numbers = cases.measures.indices.filter { number in
            let measure = cases.measures[number]
            guard !cases.cases[number].isEmpty else { return false }
            return scope.department.map { measure.from == $0 || measure.to == $0 } ?? true
        }
        let isSplit = splits.contains { $0.isAskedFor }
        let found = Parallel.map(numbers.count, threads: threads) { place -> [Row] in
            let number = numbers[place]
            let level = cases.stages(ofStay: number).compactMap { levels?[$0.name] }.first
            let comparison = FrictionComparison(cases.measures[number], cases.cases[number], cases.worths, serviceLevel: level)
            return (isSplit ? [] : [comparison.whole]) + splits.flatMap { comparison.rows($0) }
        }
        rows = found.flatMap(\.self)
        rows.sort { Friction.isWorse($0, $1) }
        rows.removeLast(max(0, rows.count - Friction.maximumRows))
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
    init(
        _ measure: FrictionMeasure, _ segment: (field: String, value: String)?, _ figures: FrictionFigures, _ others: FrictionReference?
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
