internal import EventLog
internal import JourneyModel

/// What ``JourneyColumns`` keeps under its lock: the table, the packed base, and what has changed since that was packed.
struct ColumnsState: Sendable {
    /// Events that are taken in before others get the lock.
    private static let batch = 20_000
    /// Rows that may be packed beside the base whatever its size.
    private static let smallDelta = 1 << 16
    /// What grouping and packing need for a moment, in bytes a row, on top of what they leave.
    private static let packedRowBytes = 10

    private(set) var reader: EventTableReader
    private var base: Base?
    private var latest: Journeys?
    private var past: Journeys?

    /// Journeys that were packed together, and who belonged to which.
    private struct Base {
        let journeys: Journeys
        /// By subject, where its journey is: the number of its chunk and its place there, packed; ``nowhere`` for a journey without events.
        let places: [UInt64]
        var groups: JourneyGroups
        /// Rows before this one are in `groups`.
        var groupedRows: EventTable.Row
        /// How many compensations were known when it was packed.
        let compensations: Int

        static let nowhere = UInt64.max
    }

    init(first: Position) {
        reader = EventTableReader(first: first)
    }

    /// Bytes of memory.
    var memory: Int { reader.memory + (latest?.memory ?? 0) + (past?.memory ?? 0) }

    /// How many compensations have met their targets.
    private var compensations: Int { reader.table.compensations.count { $0.target != nil } }

    /// Takes in the next events of the log, at most a batch. Begins anew where retention took some away.
    mutating func takeIn(_ log: EventLog, _ limits: JourneyColumns.Limits) throws(ColumnsError) {
        if reader.table.first != log.first { self = ColumnsState(first: log.first) }
        let needed = reader.memory + (reader.table.count + ColumnsState.batch) * ColumnsState.packedRowBytes
        guard needed <= limits.memory else { throw .tooLarge(bytes: needed, limit: limits.memory) }
        var left = ColumnsState.batch
        let (before, tail) = (reader.table.position, log.tail)
        var isFull = false
        do throws(LogError) {
            try log.read(after: reader.table.position) { (record, bytes) in
                // Retention took away what was next: the next call begins anew.
                guard record.position == reader.table.position + 1 else { return false }
                isFull = !reader.append(record, bytes, log)
                left -= 1
                return !isFull && left > 0
            }
        } catch {
            throw .log(error)
        }
        if isFull { throw .tooLarge(bytes: reader.memory, limit: limits.memory) }
        // Nothing came of it, and nothing was taken away: asking again would come to the same.
        guard reader.table.position > before || before >= tail || reader.table.first != log.first else { throw .retained }
    }

    /// Looks for what compensations mean, before a snapshot is taken.
    mutating func findTargets(_ log: EventLog) throws(ColumnsError) {
        do throws(LogError) { try reader.findTargets(log) } catch { throw .log(error) }
    }

    /// The journeys as known at `position`, which is in.
    mutating func asOf(_ position: Position) -> Journeys {
        if let past, past.position == position, past.table.first == reader.table.first { return past }
        let journeys = packed(before: rowCount(position)).journeys
        past = journeys
        return journeys
    }

    /// The journeys as known at `position`, which is in, or now; with other links than were known then.
    func seen(through lens: IdentityLens, asOf position: Position?) -> Journeys {
        packed(before: position.map(rowCount) ?? EventTable.Row(reader.table.count), lens).journeys
    }

    /// How many rows were known at `position`.
    private func rowCount(_ position: Position) -> EventTable.Row {
        EventTable.Row(position < reader.table.first ? 0 : min(Int(position - reader.table.first) + 1, reader.table.count))
    }

    /// The journeys as known now.
    mutating func current() -> Journeys {
        let count = EventTable.Row(reader.table.count)
        if let latest, latest.rowCount == count { return latest }
        latest = nil
        let journeys = refreshed(before: count) ?? rebased(before: count)
        latest = journeys
        return journeys
    }

    private mutating func rebased(before end: EventTable.Row) -> Journeys {
        base = nil
        let base = packed(before: end)
        self.base = base
        return base.journeys
    }

    private func packed(before end: EventTable.Row, _ lens: IdentityLens = IdentityLens()) -> Base {
        let (table, subjects) = (reader.table, reader.subjects.count)
        let effects = Effects(table, before: end)
        let linked = lens.position.map(rowCount) ?? end
        let groups = JourneyGroups(
            table, subjects: subjects, before: linked, linked == end ? effects : Effects(table, before: linked), assumed: lens.assumptions,
            at: lens.moment)
        let roots = groups.roots()
        let chunks = JourneyPacking.pack(table, 0..<end, roots: roots, effects)
        var places = [UInt64](repeating: Base.nowhere, count: subjects)
        for (number, chunk) in chunks.enumerated() {
            for (journey, root) in chunk.roots.enumerated() { places[Int(root)] = UInt64(number) << 32 | UInt64(journey) }
        }
        for subject in places.indices { places[subject] = places[Int(roots[subject])] }
        let journeys = Journeys(
            table: table, rowCount: end, pieces: chunks.map { Journeys.Piece(chunk: $0, replaced: []) }, effects: effects, roots: roots)
        return Base(journeys: journeys, places: places, groups: groups, groupedRows: end, compensations: compensations)
    }

    /// The base with the journeys that changed packed again; nil where too many did, or in another way than by growing and joining.
    private mutating func refreshed(before end: EventTable.Row) -> Journeys? {
        guard var base else { return nil }
        self.base = nil
        let table = reader.table
        // Voids and corrections may reach any journey, and what they void may have linked some.
        guard base.compensations == compensations else { return nil }
        guard base.groups.add(table, subjects: reader.subjects.count, rows: base.groupedRows..<end) else { return nil }
        base.groupedRows = end
        let changed = changed(base, before: end)
        let limit = max(ColumnsState.smallDelta, Int(base.journeys.rowCount) / 8)
        guard changed.rows.count <= limit else { return nil }
        let roots = base.groups.roots()
        let delta = JourneyPacking.pack(table, changed.rows, roots: roots, base.journeys.effects)
        let journeys = Journeys(
            table: table, rowCount: end, pieces: changed.pieces + delta.map { Journeys.Piece(chunk: $0, replaced: []) },
            effects: base.journeys.effects, roots: roots)
        self.base = base
        return journeys
    }

    /// The base without the journeys that new rows touch, and all rows of those.
    ///
    /// New rows only join: every journey that became part of another has a subject that a new row names.
    private func changed(_ base: Base, before end: EventTable.Row) -> (pieces: [Journeys.Piece], rows: [EventTable.Row]) {
        var replaced: [Int: [Bool]] = [:]
        var rows: [EventTable.Row] = []
        func touch(_ subject: UInt32) {
            guard Int(subject) < base.places.count, base.places[Int(subject)] != Base.nowhere else { return }
            let (number, journey) = (Int(base.places[Int(subject)] >> 32), Int(base.places[Int(subject)] & 0xFFFF_FFFF))
            let chunk = base.journeys.pieces[number].chunk
            if replaced[number] == nil { replaced[number] = Array(repeating: false, count: chunk.count) }
            guard replaced[number]?[journey] == false else { return }
            replaced[number]?[journey] = true
            rows.append(contentsOf: chunk.rows[chunk.places(journey)])
        }
        let table = reader.table
        for row in base.journeys.rowCount..<end {
            touch(table.subject(row))
            if table.account(row) != 0 { touch(table.account(row) - 1) }
        }
        for assertion in table.assertions.reversed() {
            guard assertion.row >= base.journeys.rowCount else { break }
            touch(assertion.pair.lower)
            touch(assertion.pair.upper)
        }
        rows.sort()
        rows.append(contentsOf: base.journeys.rowCount..<end)
        let pieces = base.journeys.pieces.enumerated().map { Journeys.Piece(chunk: $1.chunk, replaced: replaced[$0] ?? []) }
        return (pieces, rows)
    }
}
