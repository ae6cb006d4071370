package import JourneyModel

/// Exact statistics of a set of durations, in microseconds.
package struct Distribution: Sendable, Equatable {
    /// The values, ascending.
    package let sorted: [Int64]

    /// - Complexity: O(n log n); O(n) for many values.
    package init(_ values: [Int64]) {
        sorted = values.count > Distribution.manyValues ? RadixSort.sorted(values) { $0 } : values.sorted()
    }

    /// Of values that are in ascending order already. O(1).
    init(sorted: [Int64]) {
        self.sorted = sorted
    }

    private static let manyValues = 2048

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
    package func count(above limit: Int64) -> Int { sorted.count - sorted[...].count(through: limit) }

    /// What is told of them; nil where there are none.
    package var figures: TimeFigures? {
        guard let median, let mean, let p90 = quantile(percent: 90), let least = sorted.first, let greatest = sorted.last else {
            return nil
        }
        return TimeFigures(count: count, median: median, mean: mean, p90: p90, least: least, greatest: greatest)
    }

    /// Writes them: ``TimeFigures/write(_:to:)``.
    package func write(to writer: inout JSONWriter) {
        TimeFigures.write(figures, to: &writer)
    }

    /// Writes `[{"from", "to", "n"}]`, times in seconds: bins of one width from the least value to the greatest, each without its end but the last.
    package func writeHistogram(bins: Int, to writer: inout JSONWriter) {
        guard let least = sorted.first, let greatest = sorted.last else { return writer.null() }
        writer.array { writer in
            let width = max(1, (greatest - least) / Int64(bins) + ((greatest - least) % Int64(bins) == 0 ? 0 : 1))
            var (from, below) = (least, 0)
            while true {
                let isLast = from + width >= greatest
                let until = isLast ? count : count - count(above: from + width - 1)
                writer.object { writer in
                    writer.member("from", microseconds: from)
                    writer.member("to", microseconds: from + width)
                    writer.member("n", until - below)
                }
                if isLast { return }
                (from, below) = (from + width, until)
            }
        }
    }
}

extension ArraySlice<Int64> {
    /// How many values of an ascending slice are `limit` or less. O(log n).
    func count(through limit: Int64) -> Int {
        var (low, high) = (startIndex, endIndex)
        while low < high {
            let middle = (low + high) / 2
            if self[middle] > limit { high = middle } else { low = middle + 1 }
        }
        return low - startIndex
    }
}
