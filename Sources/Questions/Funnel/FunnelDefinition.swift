package import Timelines

/// A funnel that is asked for: section `funnel` of a question, with its defaults filled in.
package struct FunnelDefinition: Sendable {
    /// Most steps.
    package static let maximumSteps = 32
    /// Most exclusions.
    package static let maximumExclusions = 16

    /// One step, or what an exclusion looks for: a type, a condition, or both.
    package struct Pattern: Sendable {
        /// Any of these types; nil for all.
        package let types: [String]?
        package let condition: Condition?
    }

    /// What must not come between two steps.
    package struct Exclusion: Sendable {
        package let pattern: Pattern
        /// Behind this step, counted from 1, and before ``to``.
        package let from: Int
        package let to: Int
    }

    /// What is counted.
    package enum Unit: Sendable, Hashable {
        case journeys
        /// Every try of a journey: a new one begins with a first step behind the end of the last one (its conversion, its window, its exclusion),
        /// or where one begins that gets further.
        case attempts
        /// Every subject of this kind: events of another subject of the kind are not its own, all others of the journey are.
        case subjects(kind: String)
    }

    /// Which of the values along a journey's chain counts.
    package enum Attribution: Sendable, Hashable {
        case first, last
        /// That of the event of this step, counted from 1.
        case step(Int)
        /// Each: a funnel of the events with that value alone.
        case all
    }

    /// A funnel for each value of a field.
    package struct Breakdown: Sendable {
        package let field: EventField
        package let attribution: Attribution
    }

    /// Lengths of time by which entries are counted.
    package typealias Trend = CalendarPeriod

    package var names: [String] = []
    package var steps: [Pattern] = []
    /// From the first step to the last, both edges included, in microseconds; nil for no limit.
    package var window: Int64?
    package var semantics = FunnelSemantics.journeyd(.ordered)
    package var unit = Unit.journeys
    package var exclusions: [Exclusion] = []
    package var breakdown: Breakdown?
    /// First steps count from the first moment on and before the second, in microseconds since 1970.
    package var entered: Range<Int64>?
    package var trend: Trend?
    /// Bins of the histograms of times; zero for none.
    package var histogramBins = 0
    /// Other rules to count by as well.
    package var compared: [FunnelSemantics] = []

    /// The fields whose values are needed.
    package var fields: Set<EventField> {
        var fields = (steps + exclusions.map(\.pattern)).reduce(into: Set<EventField>()) { $0.formUnion($1.condition?.fields ?? []) }
        if let breakdown { fields.insert(breakdown.field) }
        return fields
    }
}
