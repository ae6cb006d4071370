internal import JourneyModel

/// What deviations are looked for in: which periods, activities, transitions and dimensions are told apart.
package struct DeviationFrame: Sendable, Equatable {
    /// Most periods, activities, transitions and dimensions; with ``DeviationCounts/maximumSegments`` they bound memory and time.
    package static let maximumPeriods = 400
    package static let maximumActivities = 128
    package static let maximumTransitions = 128
    package static let maximumDimensions = 16

    /// One activity following another, and the time beyond which that is slow: the 75th percentile of all, in microseconds.
    package struct Transition: Sendable, Equatable {
        package let from: UInt16
        package let to: UInt16
        package let limit: Int64
    }

    /// The first moment of the first period, in microseconds since 1970, and how long each is.
    package let start: Int64
    package let period: Int64
    package let periods: Int
    /// Numbers of the activities, as rows have them.
    package let activities: [UInt16]
    package let transitions: [Transition]
    package let dimensions: [String]

    private static let hour: Int64 = 3_600_000_000

    /// The activities and transitions that happen most, over the time that `span` covers.
    ///
    /// A period is the shortest of an hour, a day, a week and four weeks of which there are not too many.
    package init(_ graph: DirectlyFollowsGraph, span: ClosedRange<Int64>, dimensions: [String]) {
        let lengths = [1, 24, 7 * 24, 28 * 24].map { Int64($0) * DeviationFrame.hour }
        let length = lengths.first { (span.upperBound - span.lowerBound) / $0 < Int64(DeviationFrame.maximumPeriods) - 1 } ?? lengths[3]
        period = length
        start = span.lowerBound - (span.lowerBound % length + length) % length
        periods = min(Int((span.upperBound - start) / length) + 1, DeviationFrame.maximumPeriods)
        let known = graph.nodes.indices.filter { graph.nodes[$0].count > 0 }
        let frequent = known.sorted { (-graph.nodes[$0].count, $0) < (-graph.nodes[$1].count, $1) }
        activities = frequent.prefix(DeviationFrame.maximumActivities).map { UInt16($0) }
        let edges = graph.edges.sorted { ($1.count, $0.from, $0.to) < ($0.count, $1.from, $1.to) }
        transitions = edges.prefix(DeviationFrame.maximumTransitions).map { edge in
            Transition(from: edge.from, to: edge.to, limit: Distribution(edge.times).quantile(percent: 75) ?? .max)
        }
        self.dimensions = Array(dimensions.prefix(DeviationFrame.maximumDimensions))
    }

    /// The period that a moment lies in; the last for all that come after it.
    func period(of time: Int64) -> Int {
        min(max(Int((time - start) / period), 0), periods - 1)
    }

    /// The moments at which a range of periods begins and ends.
    func moments(_ range: Range<Int>) -> (from: Timestamp, to: Timestamp) {
        (
            Timestamp(microseconds: start + Int64(range.lowerBound) * period),
            Timestamp(microseconds: start + Int64(range.upperBound) * period)
        )
    }
}
