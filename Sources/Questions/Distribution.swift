package import JourneyModel

/// Exact statistics of a set of durations, in microseconds.
package struct Distribution: Sendable, Equatable {
    /// The values, ascending.
    package let sorted: [Int64]

    /// - Complexity: O(n log n).
    package init(_ values: [Int64]) {
        sorted = values.sorted()
    }

    /// How many values there are.
    package var count: Int { sorted.count }

    /// The middle value, or the mean of the two middle ones; nil where there is none.
    package var median: Int64? {
        guard !sorted.isEmpty else { return nil }
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : sorted[middle - 1] + (sorted[middle] - sorted[middle - 1]) / 2
    }

    /// The smallest value that at least the given share of the values do not exceed (nearest rank).
    package func quantile(percent: Int) -> Int64? {
        guard !sorted.isEmpty else { return nil }
        let rank = (sorted.count * percent + 99) / 100
        return sorted[min(max(rank, 1), sorted.count) - 1]
    }

    /// The arithmetic mean, rounded towards zero.
    package var mean: Int64? {
        guard !sorted.isEmpty else { return nil }
        return Int64(sorted.reduce(Int128(0)) { $0 + Int128($1) } / Int128(sorted.count))
    }

    /// How many values exceed `limit`. O(log n).
    package func count(above limit: Int64) -> Int {
        var (low, high) = (0, sorted.count)
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle] > limit { high = middle } else { low = middle + 1 }
        }
        return sorted.count - low
    }

    /// Writes `{"n", "median", "mean", "p90", "min", "max"}` in seconds, or null where there is no value.
    package func write(to writer: inout JSONWriter) {
        guard count > 0 else { return writer.null() }
        writer.object { writer in
            writer.member("n", count)
            writer.member("median", microseconds: median)
            writer.member("mean", microseconds: mean)
            writer.member("p90", microseconds: quantile(percent: 90))
            writer.member("min", microseconds: sorted.first)
            writer.member("max", microseconds: sorted.last)
        }
    }
}
