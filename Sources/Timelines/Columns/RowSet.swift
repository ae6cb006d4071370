/// A set of rows of an ``EventTable``: one bit each.
package struct RowSet: Sendable, Equatable {
    /// How many rows there are, in the set or not.
    package let count: Int
    package private(set) var words: [UInt64]

    /// The set of none, or all, of `count` rows.
    package init(count: Int, all: Bool = false) {
        self.count = count
        words = Array(repeating: all ? ~0 : 0, count: (count + 63) / 64)
    }

    /// Whether `row` is in it.
    package func contains(_ row: EventTable.Row) -> Bool {
        words[Int(row) >> 6] >> UInt64(row & 63) & 1 != 0
    }

    /// Puts `row` in, or takes it out.
    package mutating func set(_ row: EventTable.Row, _ isIn: Bool) {
        let bit: UInt64 = 1 << UInt64(row & 63)
        if isIn { words[Int(row) >> 6] |= bit } else { words[Int(row) >> 6] &= ~bit }
    }

    /// Keeps what is in `other` as well.
    package mutating func formIntersection(_ other: RowSet) {
        for index in words.indices { words[index] &= other.words[index] }
    }

    /// Adds what is in `other`.
    package mutating func formUnion(_ other: RowSet) {
        for index in words.indices { words[index] |= other.words[index] }
    }

    /// Keeps what was not in it.
    package mutating func invert() {
        for index in words.indices { words[index] = ~words[index] }
    }

    /// Sets the rows from `start` on, which must be a multiple of 64, to what `matches` says of each value.
    @inline(__always)
    mutating func fill<Value>(from start: Int, _ values: Span<Value>, _ matches: (Value) -> Bool) {
        var place = 0
        let end = min(values.count, count - start)
        while place < end {
            var word: UInt64 = 0
            let stop = min(place + 64, end)
            var bit: UInt64 = 1
            for offset in place..<stop {
                if matches(values[offset]) { word |= bit }
                bit <<= 1
            }
            words[(start + place) >> 6] = word
            place = stop
        }
    }
}
