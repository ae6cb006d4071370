internal import CLinux

/// Times that come and go, in order, so that their median and percentiles are at hand: exact at every moment, however they came.
///
/// Runs of at most 256 values, each ascending: to add or take one costs a search among the runs and a move of half a run, some 100 nanoseconds where they
/// are in the processor's cache (``fetch(_:_:)``); a percentile costs a walk over the runs' sizes from the nearer end. Memory: 8 to 12 bytes a value.
package struct OrderedTimes: Sendable, Equatable {
    private static let capacity = 256
    private static let comfortable = 192
    /// So many values lie in two lines of the processor's cache.
    private static let pairOfLines = 16

    /// Some values, one behind the other in the store.
    private struct Run: Sendable {
        /// Which of the store's stretches, of ``capacity`` each, is the run's.
        let stretch: UInt32
        var count: UInt32

        var start: Int { Int(stretch) * OrderedTimes.capacity }
        var places: Range<Int> { start..<(start + Int(count)) }
    }

    // One array for all runs, and not one for each: what a run needs then is its values, which can be fetched ahead, and no look at a count of references.
    private var store: [Int64] = []
    // In the order of their values.
    private var runs: [Run] = []
    // By run, its first value: what is searched, without a look at the runs themselves.
    private var firsts: [Int64] = []
    /// Stretches that were a run's and are nobody's.
    private var free: [UInt32] = []
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
            let values = sorted[start..<min(start + OrderedTimes.comfortable, sorted.count)]
            let run = newRun(values.count)
            for (place, value) in zip(run.places, values) { store[place] = value }
            runs.append(run)
            firsts.append(sorted[start])
        }
        count = sorted.count
        sum = sorted.reduce(Int128(0)) { $0 + Int128($1) }
    }

    package static func == (left: OrderedTimes, right: OrderedTimes) -> Bool {
        left.count == right.count && left.values == right.values
    }

    /// All of them, ascending. O(n).
    package var values: [Int64] {
        var values: [Int64] = []
        values.reserveCapacity(count)
        for run in runs { values += store[run.places] }
        return values
    }

    /// Has the run fetched into the processor's cache, without waiting for it, to which `value` will be added, or from which it will be taken.
    ///
    /// - Returns: the run, for ``insert(_:near:)`` or ``remove(_:near:)``.
    ///
    /// Mutating, though it changes nothing: so it looks at the times where they are, and counts no references to them.
    package mutating func fetch(_ value: Int64, _ isAdded: Bool) -> Int {
        let number = isAdded ? run(adding: value) : run(taking: value)
        guard number < runs.count else { return number }
        let run = runs[number]
        unsafe store.withUnsafeBufferPointer { store in
            guard let start = store.baseAddress else { return }
            // One line of every two: they come as pairs, and the processor can wait for but so many at a time.
            for place in stride(from: run.start, to: run.start + Int(run.count), by: OrderedTimes.pairOfLines) {
                unsafe clinux_prefetch(start + place)
            }
        }
        return number
    }

    /// The run that `value` belongs into: the last one that begins at or before it, or the first.
    private func run(adding value: Int64) -> Int {
        max(0, firstIndex(firsts.indices, firsts) { $0 > value } - 1)
    }

    /// The first run that may have `value`: equal values may span runs.
    private func run(taking value: Int64) -> Int {
        max(0, firstIndex(firsts.indices, firsts) { $0 >= value } - 1)
    }

    /// Adds a value.
    ///
    /// - Parameter guess: the run that ``fetch(_:_:)`` told a while ago.
    package mutating func insert(_ value: Int64, near guess: Int = .max) {
        count += 1
        sum += Int128(value)
        guard !runs.isEmpty else {
            let run = newRun(1)
            store[run.start] = value
            runs.append(run)
            firsts.append(value)
            return
        }
        let holds = guess < runs.count && firsts[guess] <= value && (guess + 1 == runs.count || firsts[guess + 1] > value)
        let number = holds ? guess : run(adding: value)
        let places = runs[number].places
        let place = firstIndex(places, store) { $0 > value }
        if places.upperBound == store.count { store.append(0) }
        move(place..<places.upperBound, to: place + 1)
        store[place] = value
        runs[number].count += 1
        firsts[number] = min(firsts[number], value)
        if runs[number].count == OrderedTimes.capacity { split(number) }
    }

    /// Takes away a value that is there.
    ///
    /// - Parameter guess: the run that ``fetch(_:_:)`` told a while ago.
    package mutating func remove(_ value: Int64, near guess: Int = .max) {
        let holds = guess < runs.count && firsts[guess] < value && (guess + 1 == runs.count || firsts[guess + 1] >= value)
        var number = holds ? guess : run(taking: value)
        while number < runs.count {
            let places = runs[number].places
            let place = firstIndex(places, store) { $0 >= value }
            guard place == places.upperBound || store[place] != value else {
                move((place + 1)..<places.upperBound, to: place)
                shorten(number)
                count -= 1
                sum -= Int128(value)
                return
            }
            number += 1
        }
        preconditionFailure("\(value) is not among the times")
    }

    private mutating func shorten(_ number: Int) {
        runs[number].count -= 1
        if runs[number].count == 0 {
            free.append(runs[number].stretch)
            runs.remove(at: number)
            firsts.remove(at: number)
        } else {
            firsts[number] = store[runs[number].start]
        }
    }

    private mutating func split(_ number: Int) {
        let places = runs[number].places
        let middle = places.lowerBound + places.count / 2
        let upper = newRun(places.upperBound - middle)
        move(middle..<places.upperBound, to: upper.start)
        runs[number].count -= upper.count
        runs.insert(upper, at: number + 1)
        firsts.insert(store[upper.start], at: number + 1)
    }

    /// A run of so many values, which are yet to be set.
    private mutating func newRun(_ count: Int) -> Run {
        let run = Run(stretch: free.popLast() ?? UInt32(runs.count), count: UInt32(count))
        // The last stretch is as long as what is in it: most of those that are kept for a breakdown's values have few times.
        let missing = run.places.upperBound - store.count
        if missing > 0 { store.append(contentsOf: repeatElement(0, count: missing)) }
        return run
    }

    /// Moves values within the store.
    private mutating func move(_ places: Range<Int>, to place: Int) {
        precondition(places.lowerBound >= 0 && places.upperBound <= store.count && place >= 0 && place + places.count <= store.count)
        unsafe store.withUnsafeMutableBufferPointer { store in
            guard let start = store.baseAddress else { return }
            unsafe (start + place).update(from: start + places.lowerBound, count: places.count)
        }
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
        let number = run(taking: limit)
        guard number < runs.count else { return 0 }
        // Summed up from the end that is nearer.
        let before =
            number < runs.count / 2
            ? runs[..<number].reduce(0) { $0 + Int($1.count) } : count - runs[number...].reduce(0) { $0 + Int($1.count) }
        return before + firstIndex(runs[number].places, store) { $0 >= limit } - runs[number].start
    }

    /// The value at `rank`, from zero.
    package subscript(rank: Int) -> Int64 {
        precondition(rank >= 0 && rank < count, "there are \(count) times, and none of rank \(rank)")
        // From the end that is nearer: many ask for the greatest, and for what most do not exceed.
        guard rank > count / 2 else {
            var (number, rest) = (0, rank)
            while rest >= Int(runs[number].count) { (number, rest) = (number + 1, rest - Int(runs[number].count)) }
            return store[runs[number].start + rest]
        }
        var (number, rest) = (runs.count - 1, count - rank)
        while rest > Int(runs[number].count) { (number, rest) = (number - 1, rest - Int(runs[number].count)) }
        return store[runs[number].places.upperBound - rest]
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

    /// The first of some places whose value meets the condition, which all behind it meet, too; the end where none does.
    @inline(__always)
    private func firstIndex(_ places: Range<Int>, _ values: [Int64], _ meets: (Int64) -> Bool) -> Int {
        var (low, high) = (places.lowerBound, places.upperBound)
        while low < high {
            let middle = (low + high) / 2
            if meets(values[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
