/// A set of rows of an ``EventTable``: one bit each.
///
/// A question holds one for each of its conditions, dozens for the frictions of a catalogue. Those of two million rows and more lie in files
/// without names (``ColumnBytes/workspace(count:in:)``): what the daemon has in its memory does not grow with the log.
package struct RowSet: Sendable {
    /// How many rows there are, in the set or not.
    package let count: Int
    private var words: SharedBytes

    /// The set of none, or all, of `count` rows.
    ///
    /// - Parameter scratch: the directory for its file; nil to have it in memory.
    package init(count: Int, all: Bool = false, in scratch: String?) {
        self.count = count
        words = SharedBytes(count: RowSet.wordCount(of: count) * MemoryLayout<UInt64>.stride, in: scratch)
        if all { insert(from: 0, count) }
    }

    /// The set of none, or all, of the rows of `journeys`.
    package init(_ journeys: Journeys, all: Bool = false) {
        self.init(count: Int(journeys.rowCount), all: all, in: journeys.scratch)
    }

    /// How many words of 64 rows it has.
    package var wordCount: Int { RowSet.wordCount(of: count) }

    private static func wordCount(of rows: Int) -> Int { (rows + 63) / 64 }

    /// Whether no row is in it.
    package var isEmpty: Bool { (0..<wordCount).allSatisfy { self[word: $0] == 0 } }

    /// Whether `row` is in it.
    @inline(__always)
    package func contains(_ row: EventTable.Row) -> Bool {
        self[word: Int(row >> 6)] >> UInt64(row & 63) & 1 != 0
    }

    /// Calls `body` with each row of the set, ascending.
    package func forEach(_ body: (EventTable.Row) -> Void) {
        for index in 0..<wordCount {
            var rest = self[word: index]
            while rest != 0 {
                body(EventTable.Row(index << 6 + rest.trailingZeroBitCount))
                rest &= rest - 1
            }
        }
    }

    @inline(__always)
    private subscript(word index: Int) -> UInt64 { words.bytes.get(index) }

    /// Puts `row` in, or takes it out.
    package mutating func set(_ row: EventTable.Row, _ isIn: Bool) {
        let bit: UInt64 = 1 << UInt64(row & 63)
        let word = self[word: Int(row >> 6)]
        words.unshared().put(isIn ? word | bit : word & ~bit, at: Int(row >> 6))
    }

    /// Keeps what is in `other` as well.
    package mutating func formIntersection(_ other: RowSet) {
        combine { $0 & other[word: $1] }
    }

    /// Adds what is in `other`.
    package mutating func formUnion(_ other: RowSet) {
        combine { $0 | other[word: $1] }
    }

    /// Keeps what was not in it.
    package mutating func invert() {
        combine { (word, _) in ~word }
        guard count & 63 != 0 else { return }
        // No row is behind the last one.
        words.unshared().put(self[word: wordCount - 1] & (1 << UInt64(count & 63) - 1), at: wordCount - 1)
    }

    @inline(__always)
    private mutating func combine(_ combined: (_ word: UInt64, _ index: Int) -> UInt64) {
        let bytes = words.unshared()
        for index in 0..<wordCount { bytes.put(combined(bytes.get(index), index), at: index) }
    }

    /// Puts `rows` rows in from `start` on, which must be a multiple of 64, as far as there are so many.
    package mutating func insert(from start: Int, _ rows: Int) {
        let bytes = words.unshared()
        let end = min(start + rows, count)
        for first in stride(from: start, to: end, by: 64) {
            bytes.put(end - first < 64 ? 1 << UInt64(end - first) - 1 : ~0 as UInt64, at: first >> 6)
        }
    }

    /// Sets the rows from `start` on, which must be a multiple of 64, to what `matches` says of each value.
    @inline(__always)
    mutating func fill<Value>(from start: Int, _ values: Span<Value>, _ matches: (Value) -> Bool) {
        let bytes = words.unshared()
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
            bytes.put(word, at: (start + place) >> 6)
            place = stop
        }
    }

    /// The words of sets of the same rows, 64 rows a word, those of one set behind those of the other.
    package static func words(_ sets: [RowSet]) -> Column<UInt64> {
        let count = sets.first?.wordCount ?? 0
        let size = count * MemoryLayout<UInt64>.stride
        let bytes = ColumnBytes.workspace(count: size * sets.count, in: sets.first?.words.scratch)
        for (number, set) in sets.enumerated() { bytes.copy(size, from: set.words.bytes, at: 0, to: number * size) }
        return Column(bytes, at: 0, count: count * sets.count)
    }
}

extension Journeys {
    /// The rows that happened within `moments`, in microseconds since 1970. O(rows), about a nanosecond each.
    package func rows(within moments: ClosedRange<Int64>) -> RowSet {
        var rows = RowSet(self)
        for (number, segment) in table.segments.enumerated() where number << EventSegment.shift < rows.count {
            rows.fill(from: number << EventSegment.shift, segment.times.span) { $0 >= moments.lowerBound && $0 <= moments.upperBound }
        }
        return rows
    }

    /// The rows whose type is one of those that `types` says by symbol. O(rows), about a nanosecond each.
    package func rows(types: [Bool]) -> RowSet {
        var rows = RowSet(self)
        for (number, segment) in table.segments.enumerated() where number << EventSegment.shift < rows.count {
            rows.fill(from: number << EventSegment.shift, segment.types.span) { Int($0) < types.count && types[Int($0)] }
        }
        return rows
    }
}
