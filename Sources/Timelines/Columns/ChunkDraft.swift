/// Journeys that are to become a ``JourneyChunk``.
struct ChunkDraft {
    private(set) var rows: [EventTable.Row] = []
    /// Microseconds since 1970.
    private(set) var times: [Int64] = []
    private(set) var types: [UInt16] = []
    /// Where each journey begins, and where the last ends.
    private(set) var starts: [UInt32] = [0]
    private(set) var roots: [UInt32] = []

    init(rows: Int) {
        self.rows.reserveCapacity(rows)
        times.reserveCapacity(rows)
        types.reserveCapacity(rows)
    }

    /// Adds events to the journey that is under way, in any order.
    mutating func add(_ new: some Sequence<EventTable.Row>, _ table: EventTable) {
        for row in new {
            rows.append(row)
            times.append(table.time(row))
            types.append(table.type(row))
        }
    }

    /// Adds events of a journey that was packed before.
    mutating func add(_ places: Range<Int>, of chunk: JourneyChunk) {
        let (oldRows, oldTypes) = (chunk.rows, chunk.types)
        for place in places {
            rows.append(oldRows[place])
            times.append(chunk.time(place))
            types.append(oldTypes[place])
        }
    }

    /// Ends the journey that is under way: its events come in the order of time, then row.
    mutating func endJourney(_ root: UInt32) {
        sort(Int(starts[starts.count - 1])..<rows.count)
        starts.append(UInt32(rows.count))
        roots.append(root)
    }

    /// Most are in order already.
    private mutating func sort(_ places: Range<Int>) {
        guard let first = places.first else { return }
        var place = first + 1
        while place < places.upperBound, (times[place - 1], rows[place - 1]) <= (times[place], rows[place]) { place += 1 }
        guard place < places.upperBound else { return }
        let sorted = places.map { (time: times[$0], row: rows[$0], type: types[$0]) }.sorted { ($0.time, $0.row) < ($1.time, $1.row) }
        for (place, event) in zip(places, sorted) { (times[place], rows[place], types[place]) = event }
    }
}
