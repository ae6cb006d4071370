internal import Synchronization

/// Counts of measured values by size, which any thread may add to: buckets of doubling width.
///
/// A value costs two atomic additions; a reader may see a value in its bucket and not yet in the sum.
package final class Histogram: Sendable {
    /// What was counted.
    package struct Counts: Sendable {
        /// The upper bound of each bucket, included; the last bucket has none.
        package let bounds: [Int]
        /// How many values are in each bucket; one more than there are bounds.
        package let counts: [Int]
        package let sum: Int

        /// How many values there are.
        package var total: Int { counts.reduce(0, +) }
    }

    private static let buckets = 24
    // Atomics cannot be elements of an array: a fixed row of them is a tuple in all but name.
    private let counts: [AtomicCount]
    private let sum = Atomic<Int>(0)
    private let first: Int

    /// - Parameter first: the upper bound of the first bucket; each other's is twice the one before.
    package init(first: Int) {
        self.first = first
        counts = (0...Histogram.buckets).map { _ in AtomicCount() }
    }

    /// Adds a value.
    package func add(_ value: Int) {
        var (bucket, bound) = (0, first)
        while bucket < Histogram.buckets, value > bound { (bucket, bound) = (bucket + 1, bound * 2) }
        counts[bucket].add(1)
        sum.add(value, ordering: .relaxed)
    }

    /// What was counted so far.
    package var snapshot: Counts {
        Counts(
            bounds: (0..<Histogram.buckets).map { first << $0 }, counts: counts.map(\.value), sum: sum.load(ordering: .relaxed))
    }
}

/// A number that any thread may add to.
package final class AtomicCount: Sendable {
    private let number = Atomic<Int>(0)

    package init() {}

    package var value: Int { number.load(ordering: .relaxed) }

    package func add(_ more: Int) {
        number.add(more, ordering: .relaxed)
    }
}
