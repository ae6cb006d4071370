internal import JourneyModel

/// Some journeys side by side, each a run of rows in the order of time, then position.
///
/// Cost: 10 bytes an event, of which a funnel reads 6 (time and type), and 8 bytes a journey. Times are 4-byte ticks behind ``base``: seconds where
/// all times of the chunk are whole seconds apart, else milliseconds or microseconds where they reach; a chunk whose times do not fit has
/// them in 8 bytes. They are exact in each case.
package final class JourneyChunk: Sendable {
    /// The first time, in microseconds since 1970.
    package let base: Int64
    /// Microseconds in a tick.
    package let unit: Int64
    /// By place, ticks since ``base``; empty where ``wideTimes`` has them.
    package let ticks: [UInt32]
    /// By place, microseconds since ``base``; empty where ``ticks`` has them.
    package let wideTimes: [Int64]
    /// By place, the log's symbol of the type, or ``EventRecord/unlisted``.
    package let types: [UInt16]
    /// By place, the row in the ``EventTable``.
    package let rows: [EventTable.Row]
    /// Where each journey begins, and where the last ends.
    package let starts: [UInt32]
    /// By journey, the least number of its subjects.
    package let roots: [UInt32]

    /// How many journeys there are.
    package var count: Int { roots.count }

    /// Bytes of memory.
    package var memory: Int { 4 * ticks.count + 8 * wideTimes.count + 6 * rows.count + 8 * roots.count }

    /// The places of a journey's rows.
    package func places(_ journey: Int) -> Range<Int> {
        Int(starts[journey])..<Int(starts[journey + 1])
    }

    /// The time at a place, in microseconds since 1970.
    package func time(_ place: Int) -> Int64 {
        wideTimes.isEmpty ? base + Int64(ticks[place]) * unit : base + wideTimes[place]
    }

    /// - Parameters:
    ///   - rows: of all journeys, those of one side by side; in the order of the log within each.
    ///   - ends: where each journey ends.
    init(_ table: EventTable, rows: consuming [EventTable.Row], ends: [Int], roots: [UInt32]) {
        var rows = rows
        var times = rows.map { table.time($0) }
        var start = 0
        for end in ends {
            JourneyChunk.sort(&rows, &times, start..<end)
            start = end
        }
        self.rows = rows
        self.roots = roots
        types = rows.map { table.type($0) }
        starts = [0] + ends.map(UInt32.init)
        base = times.min() ?? 0
        let span = (times.max() ?? 0) - base
        unit = JourneyChunk.unit(times, base, span)
        if span / unit <= Int64(UInt32.max) {
            let (base, unit) = (base, unit)
            ticks = times.map { UInt32(($0 - base) / unit) }
            wideTimes = []
        } else {
            let base = base
            ticks = []
            wideTimes = times.map { $0 - base }
        }
    }

    /// The coarsest unit that all times are whole multiples of behind `base`.
    private static func unit(_ times: [Int64], _ base: Int64, _ span: Int64) -> Int64 {
        for unit: Int64 in [1_000_000, 1_000] where span / unit <= Int64(UInt32.max) {
            if times.allSatisfy({ ($0 - base) % unit == 0 }) { return unit }
        }
        return 1
    }

    /// Orders the rows of one journey by time, then row. Most are in order already.
    private static func sort(_ rows: inout [EventTable.Row], _ times: inout [Int64], _ places: Range<Int>) {
        var place = places.lowerBound + 1
        while place < places.upperBound, times[place - 1] <= times[place] { place += 1 }
        guard place < places.upperBound else { return }
        let sorted = places.map { (time: times[$0], row: rows[$0]) }.sorted { ($0.time, $0.row) < ($1.time, $1.row) }
        for (place, entry) in zip(places, sorted) { (times[place], rows[place]) = entry }
    }
}

/// The events of one journey in the order of time, then position.
package struct JourneyRows: Sendable, RandomAccessCollection {
    /// One event.
    package struct Event: Sendable, Equatable {
        /// Microseconds since 1970.
        package let time: Int64
        /// The log's symbol of the type, or ``EventRecord/unlisted``.
        package let type: UInt16
        /// Where it is in the ``EventTable``, which knows its subject, source and position.
        package let row: EventTable.Row
    }

    package let chunk: JourneyChunk
    /// Which journey of the chunk.
    package let journey: Int
    /// The places in the chunk.
    package let places: Range<Int>

    package init(_ chunk: JourneyChunk, _ journey: Int) {
        self.chunk = chunk
        self.journey = journey
        places = chunk.places(journey)
    }

    /// The least number of the journey's subjects: its key in ``Journeys``.
    package var root: UInt32 { chunk.roots[journey] }

    package var startIndex: Int { 0 }
    package var endIndex: Int { places.count }

    package subscript(index: Int) -> Event {
        let place = places.lowerBound + index
        return Event(time: chunk.time(place), type: chunk.types[place], row: chunk.rows[place])
    }
}
