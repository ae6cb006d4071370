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
    package let ticks: Column<UInt32>
    /// By place, microseconds since ``base``; empty where ``ticks`` has them.
    package let wideTimes: Column<Int64>
    /// By place, the log's symbol of the type, or ``EventRecord/unlisted``.
    package let types: Column<UInt16>
    /// By place, the row in the ``EventTable``.
    package let rows: Column<EventTable.Row>
    /// Where each journey begins, and where the last ends.
    package let starts: Column<UInt32>
    /// By journey, the least number of its subjects.
    package let roots: Column<UInt32>

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

    /// - Parameter scratch: the directory for its file; nil to have it in memory.
    init(_ draft: consuming ChunkDraft, scratch: String?) {
        let times = draft.times
        let base = times.min() ?? 0
        let span = (times.max() ?? 0) - base
        let unit = JourneyChunk.unit(times, base, span)
        let isWide = span / unit > Int64(UInt32.max)
        let count = draft.rows.count
        var layout = ColumnLayout()
        let wide = layout.add(Int64.self, isWide ? count : 0)
        let narrow = layout.add(UInt32.self, isWide ? 0 : count)
        let rows = layout.add(EventTable.Row.self, count)
        let starts = layout.add(UInt32.self, draft.roots.count + 1)
        let roots = layout.add(UInt32.self, draft.roots.count)
        let types = layout.add(UInt16.self, count)
        let draftBytes = ColumnBytes(count: layout.count)
        draftBytes.fill(wide) { times[$0] - base }
        draftBytes.fill(narrow) { UInt32((times[$0] - base) / unit) }
        draftBytes.fill(rows) { draft.rows[$0] }
        draftBytes.fill(starts) { draft.starts[$0] }
        draftBytes.fill(roots) { draft.roots[$0] }
        draftBytes.fill(types) { draft.types[$0] }
        let bytes = draftBytes.stored(in: scratch)
        (self.base, self.unit) = (base, unit)
        wideTimes = Column(bytes, wide)
        ticks = Column(bytes, narrow)
        self.rows = Column(bytes, rows)
        self.starts = Column(bytes, starts)
        self.roots = Column(bytes, roots)
        self.types = Column(bytes, types)
    }

    /// The coarsest unit that all times are whole multiples of behind `base`.
    private static func unit(_ times: [Int64], _ base: Int64, _ span: Int64) -> Int64 {
        for unit: Int64 in [1_000_000, 1_000] where span / unit <= Int64(UInt32.max) {
            if times.allSatisfy({ ($0 - base) % unit == 0 }) { return unit }
        }
        return 1
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
