package import JourneyModel

/// What is told of a set of times, in microseconds.
package struct TimeFigures: Sendable, Equatable {
    package let count: Int
    /// The middle value, or the mean of the two middle ones.
    package let median: Int64
    /// Rounded towards zero.
    package let mean: Int64
    /// The smallest that at least nine of ten do not exceed (nearest rank).
    package let p90: Int64
    package let least: Int64
    package let greatest: Int64

    /// Writes `{"n", "median", "mean", "p90", "min", "max"}` in seconds, or null where there is nothing to tell of.
    package static func write(_ figures: TimeFigures?, to writer: inout JSONWriter) {
        guard let figures else { return writer.null() }
        writer.object { writer in
            writer.member("n", figures.count)
            writer.member("median", microseconds: figures.median)
            writer.member("mean", microseconds: figures.mean)
            writer.member("p90", microseconds: figures.p90)
            writer.member("min", microseconds: figures.least)
            writer.member("max", microseconds: figures.greatest)
        }
    }
}
