package import JourneyModel

/// Exact statistics of a set of durations, in microseconds.
package struct Distribution: Sendable, Equatable {
    /// The values, ascending.
    package let sorted: [Int64]

    /// - Complexity: O(n log n); O(n) for many values.
    package init(_ values: [Int64]) {
        sorted = values.count > Distribution.manyValues ? Distribution.radixSorted(values) : values.sorted()
    }

    private static let manyValues = 2048

    /// Sorts by digits of 11 bits, the lowest first, of the distance from the least value: as many as the largest has.
    private static func radixSorted(_ values: [Int64]) -> [Int64] {
        guard let least = values.min(), let greatest = values.max() else { return [] }
        let (bits, digit) = (64 - UInt64(bitPattern: greatest &- least).leadingZeroBitCount, 11)
        var (from, to) = (values, values)
        for shift in stride(from: 0, to: bits, by: digit) {
            var places = [Int](repeating: 0, count: 1 << digit)
            let mask: UInt64 = 1 << UInt64(digit) - 1
            for value in from { places[Int(UInt64(bitPattern: value &- least) >> UInt64(shift) & mask)] += 1 }
            var place = 0
            for index in places.indices { (places[index], place) = (place, place + places[index]) }
            for value in from {
                let index = Int(UInt64(bitPattern: value &- least) >> UInt64(shift) & mask)
                to[places[index]] = value
                places[index] += 1
            }
            swap(&from, &to)
        }
        return from
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
