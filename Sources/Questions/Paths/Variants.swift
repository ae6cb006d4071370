internal import JourneyModel

/// The distinct sequences of activities, and how many journeys follow each.
///
/// Cost: two bytes an event of each distinct sequence, about 40 bytes a sequence beside that, and one hash a journey. Beyond
/// ``maximum`` sequences, new ones are counted together.
package struct Variants: Sendable {
    /// Most sequences told apart, and the longest one: what is longer is told by its beginning.
    package static let maximum = 1 << 20
    package static let maximumLength = 1 << 12

    /// A sequence.
    package struct Variant: Sendable, Equatable {
        package let activities: [UInt16]
        package let count: Int
    }

    private var sequences = SymbolTable()
    private var counts: [Int] = []
    private var scratch: [UInt8] = []
    /// Journeys whose sequence was one too many to be told apart.
    package private(set) var others = 0

    package init() {}

    /// How many sequences there are.
    package var count: Int { counts.count }

    /// Adds a journey. O(rows).
    package mutating func add(_ rows: [PathRow]) {
        guard !rows.isEmpty else { return }
        scratch.removeAll(keepingCapacity: true)
        for row in rows.prefix(Variants.maximumLength) {
            scratch.append(UInt8(truncatingIfNeeded: row.activity))
            scratch.append(UInt8(truncatingIfNeeded: row.activity >> 8))
        }
        add(1)
    }

    /// Adds another table's journeys.
    ///
    /// - Parameter numbers: this table's number of each activity of the other.
    package mutating func merge(_ other: Variants, numbers: [UInt16]) {
        for symbol in 0..<UInt32(other.counts.count) {
            scratch.removeAll(keepingCapacity: true)
            for activity in other.activities(symbol) {
                scratch.append(UInt8(truncatingIfNeeded: numbers[Int(activity)]))
                scratch.append(UInt8(truncatingIfNeeded: numbers[Int(activity)] >> 8))
            }
            add(other.counts[Int(symbol)])
        }
        others += other.others
    }

    /// The most frequent ones, at most `limit`; of equally frequent ones first the one whose activities' names come first.
    package func most(_ limit: Int, names: [String]) -> [Variant] {
        let all = counts.indices.map { Variant(activities: activities(UInt32($0)), count: counts[$0]) }
        let sorted = all.sorted { left, right in
            if left.count != right.count { return left.count > right.count }
            return left.activities.lazy.map { names[Int($0)] }.lexicographicallyPrecedes(right.activities.lazy.map { names[Int($0)] })
        }
        return Array(sorted.prefix(limit))
    }

    private mutating func add(_ count: Int) {
        let key = scratch
        let known = counts.count < Variants.maximum ? sequences.intern(key.span)?.symbol : sequences.symbol(key.span)
        guard let known else {
            others += count
            return
        }
        if Int(known) == counts.count { counts.append(count) } else { counts[Int(known)] += count }
    }

    private func activities(_ symbol: UInt32) -> [UInt16] {
        sequences.withBytes(symbol) { bytes in
            (0..<bytes.count / 2).map { UInt16(bytes[2 * $0]) | UInt16(bytes[2 * $0 + 1]) << 8 }
        }
    }
}
