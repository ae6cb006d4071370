package import JourneyModel

/// Something that happens more, or less, often than it does elsewhere: in a span of time, in a segment, or both.
package struct Deviation: Sendable, Equatable {
    /// What happens.
    package enum Thing: Sendable, Hashable {
        /// Journeys do an activity at all: of all journeys' periods those that have it.
        case occurrence(activity: UInt16)
        /// They do it again in the same period: of those that have it.
        case repetition(activity: UInt16)
        /// They take longer from one activity to the next than three quarters of all do.
        case delay(from: UInt16, to: UInt16, limit: Int64)
    }

    package let thing: Thing
    package let segment: (field: String, value: String)?
    /// When; nil where it holds throughout.
    package let period: (from: Timestamp, to: Timestamp)?
    package let cases: Int
    package let observed: Int
    package let rate: Double
    package let benchmark: Double
    package let severity: Double

    init(_ thing: Thing, _ segment: (field: String, value: String)?, _ period: (Timestamp, Timestamp)?, _ finding: RateSeries.Finding) {
        self.thing = thing
        self.segment = segment
        self.period = period
        cases = finding.cases
        observed = finding.observed
        rate = finding.rate
        benchmark = finding.benchmark
        severity = (finding.severity * 1000).rounded() / 1000
    }

    package static func == (left: Deviation, right: Deviation) -> Bool {
        left.thing == right.thing && left.segment?.field == right.segment?.field && left.segment?.value == right.segment?.value
            && left.period?.from == right.period?.from && left.period?.to == right.period?.to && left.cases == right.cases
            && left.observed == right.observed && left.rate == right.rate && left.benchmark == right.benchmark
    }

    /// Whether it happens more often than elsewhere.
    package var isExcess: Bool { rate > benchmark }
}
