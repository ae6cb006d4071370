/// A number for each row of an ``EventTable``, zero where none was given: a byte each, in a file where there are many rows.
package struct RowMarks: Sendable {
    private var marks: SharedBytes

    /// Zero for each of `count` rows.
    ///
    /// - Parameter scratch: the directory for its file; nil to have it in memory.
    package init(count: Int, in scratch: String?) {
        marks = SharedBytes(count: count, in: scratch)
    }

    /// Zero for each row of `journeys`.
    package init(_ journeys: Journeys) {
        self.init(count: Int(journeys.rowCount), in: journeys.scratch)
    }

    /// The number of `row`.
    package subscript(row: EventTable.Row) -> UInt8 { marks.bytes.get(Int(row)) }

    /// Gives the rows of a set a number, in the place of those that they have. O(rows), about a nanosecond for each of the set.
    package mutating func mark(_ rows: RowSet, _ number: UInt8) {
        let bytes = marks.unshared()
        rows.forEach { bytes.put(number, at: Int($0)) }
    }
}
