/// Times that come and go, in order, so that their median and percentiles are at hand: exact at every moment, however they came.
///
/// Runs of at most 512 values, each ascending: to add or take one costs a search among the runs and a move of half a run, some 100 nanoseconds;
/// a percentile costs a walk over the runs' sizes, a nanosecond for 300 values. Memory: 8 bytes a value, half as much again where they came one by one.
package struct OrderedTimes: Sendable, Equatable {
    private static let capacity = 512
    private static let comfortable = 256

    private var runs: [[Int64]] = []
    // By run, its first value and how many it has: what is searched, without a look at the runs themselves.
    private var firsts: [Int64] = []
    private var counts: [Int] = []
    /// How many values there are.
    package private(set) var count = 0
    private var sum = Int128(0)

    package init() {}

    /// - Complexity: O(n log n).
    package init(_ values: [Int64]) {
        self.init(sorted: Distribution(values).sorted)
    }

    private init(sorted: [Int64]) {
        for start in stride(from: 0, to: sorted.count, by: OrderedTimes.comfortable) {
            let run = Array(sorted[start..<min(start + OrderedTimes.comfortable, sorted.count)])
            runs.append(run)
            firsts.append(run[0])
            counts.append(run.count)
        }
        count = sorted.count
        sum = sorted.reduce(Int128(0)) { $0 + Int128($1) }
    }

    package static func == (left: OrderedTimes, right: OrderedTimes) -> Bool {
        left.count == right.count && left.runs.joined().elementsEqual(right.runs.joined())
    }

    /// All of them, ascending. O(n).
    package var values: [Int64] { Array(runs.joined()) }

    /// Adds a value.
    package mutating func insert(_ value: Int64) {
        count += 1
        sum += Int128(value)
        guard !runs.isEmpty else {
            runs.append([value])
            firsts.append(value)
            counts.append(1)
            return
        }
        // The last run that begins at or before the value, or the first.
        let number = max(0, OrderedTimes.firstIndex(firsts) { $0 > value } - 1)
        let place = OrderedTimes.firstIndex(runs[number]) { $0 > value }
        runs[number].insert(value, at: place)
        counts[number] += 1
        firsts[number] = min(firsts[number], value)
        if counts[number] > OrderedTimes.capacity { split(number) }
    }

    /// Takes away a value that is there.
    package mutating func remove(_ value: Int64) {
        // The first run that may have it: equal values may span runs.
        var number = max(0, OrderedTimes.firstIndex(firsts) { $0 >= value } - 1)
        while number < runs.count {
            let place = OrderedTimes.firstIndex(runs[number]) { $0 >= value }
            guard place == counts[number] || runs[number][place] != value else {
                take(place, of: number)
                count -= 1
                sum -= Int128(value)
                return
            }
            number += 1
        }
        preconditionFailure("\(value) is not among the times")
    }

    private mutating func take(_ place: Int, of number: Int) {
        runs[number].remove(at: place)
        counts[number] -= 1
        if counts[number] == 0 {
            runs.remove(at: number)
            firsts.remove(at: number)
            counts.remove(at: number)
        } else {
            firsts[number] = runs[number][0]
        }
    }

    private mutating func split(_ number: Int) {
        let middle = counts[number] / 2
        let upper = Array(runs[number][middle...])
        runs[number].removeSubrange(middle...)
        counts[number] = middle
        runs.insert(upper, at: number + 1)
        firsts.insert(upper[0], at: number + 1)
        counts.insert(upper.count, at: number + 1)
    }

    /// Adds those of `other`. O(n + m).
    package mutating func merge(_ other: OrderedTimes) {
        guard other.count > 0 else { return }
        guard count > 0 else { return self = other }
        var merged: [Int64] = []
        merged.reserveCapacity(count + other.count)
        let (left, right) = (values, other.values)
        var place = 0
        for value in left {
            while place < right.count, right[place] < value {
                merged.append(right[place])
                place += 1
            }
            merged.append(value)
        }
        merged += right[place...]
        self = OrderedTimes(sorted: merged)
    }

    /// How many are less than `limit`. O(log n + runs).
    package func count(below limit: Int64) -> Int {
        let number = max(0, OrderedTimes.firstIndex(firsts) { $0 >= limit } - 1)
        guard number < runs.count else { return 0 }
        return counts[..<number].reduce(0, +) + OrderedTimes.firstIndex(runs[number]) { $0 >= limit }
    }

    /// The value at `rank`, from zero.
    package subscript(rank: Int) -> Int64 {
        var rest = rank
        for number in counts.indices {
            if rest < counts[number] { return runs[number][rest] }
            rest -= counts[number]
        }
        preconditionFailure("there are \(count) times, and none of rank \(rank)")
    }

    /// What is told of them; nil where there are none.
    package var figures: TimeFigures? {
        guard count > 0 else { return nil }
        let middle = count / 2
        let median = count % 2 == 1 ? self[middle] : self[middle - 1] + (self[middle] - self[middle - 1]) / 2
        return TimeFigures(
            count: count, median: median, mean: Int64(sum / Int128(count)), p90: self[max((count * 90 + 99) / 100, 1) - 1], least: self[0],
            greatest: self[count - 1])
    }

    /// The first index whose value meets the condition, which all behind it meet, too.
    @inline(__always)
    private static func firstIndex(_ values: [Int64], _ meets: (Int64) -> Bool) -> Int {
        var (low, high) = (0, values.count)
        while low < high {
            let middle = (low + high) / 2
            if meets(values[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
