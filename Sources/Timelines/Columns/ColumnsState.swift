internal import EventLog
internal import JourneyModel

/// What ``JourneyColumns`` keeps under its lock: the table, the packed base, and what has changed since that was packed.
struct ColumnsState: Sendable {
    /// Events that are taken in before others get the lock.
    private static let batch = 20_000
    /// What grouping and packing need for a moment, in bytes a row, on top of what they leave.
    private static let packedRowBytes = 10
    /// Chunks that there may be for each that there need be, and so many more, before all are packed anew.
    private static let mostFragments = 2
    private static let smallFragments = 64

    /// Segments that are taken out of files before others get the lock.
    private static let storedBatch = 16

    private(set) var reader: EventTableReader
    private var store: ColumnStore?
    /// How many of the store's segments are in.
    private var taken = 0
    /// Full segments that there have to be before one is written to a file again, after one could not be.
    private var retryCount = 0
    /// What was thrown away of the store, and why, until it is told.
    private var losses: [String] = []
    private var base: Base?
    private var latest: Journeys?
    private var past: Journeys?

    private let limits: JourneyColumns.Limits

    /// Journeys that were packed together, and who belonged to which.
    private struct Base {
        let journeys: Journeys
        /// By subject, where its journey is: the number of its chunk and its place there, packed; ``JourneyPacking/nowhere`` for a journey
        /// without events.
        let places: [UInt64]
        var groups: JourneyGroups
        /// Rows before this one are in `groups`.
        var groupedRows: EventTable.Row
        /// How many compensations were known when it was packed.
        let compensations: Int

        init(_ journeys: Journeys, _ groups: JourneyGroups, compensations: Int) {
            var places = [UInt64](repeating: JourneyPacking.nowhere, count: journeys.roots.count)
            for (number, piece) in journeys.pieces.enumerated() {
                for (journey, root) in piece.chunk.roots.enumerated() { places[Int(root)] = UInt64(number) << 32 | UInt64(journey) }
            }
            for subject in places.indices { places[subject] = places[Int(journeys.roots[subject])] }
            (self.journeys, self.places, self.groups) = (journeys, places, groups)
            (groupedRows, self.compensations) = (journeys.rowCount, compensations)
        }
    }

    init(first: Position, _ limits: JourneyColumns.Limits) {
        reader = EventTableReader(first: first, scratch: limits.store == nil ? limits.scratch : nil)
        store = limits.store.map { ColumnStore(directory: $0) }
        self.limits = limits
    }

    /// Bytes of memory.
    var memory: Int { reader.memory + (latest?.memory ?? 0) + (past?.memory ?? 0) }

    /// How many compensations have met their targets.
    private var compensations: Int { reader.table.compensations.count { $0.target != nil } }

    /// Takes in the next events, at most a batch: from files where they have them, else from the log. Begins anew where retention took some away.
    mutating func takeIn(_ log: EventLog) throws(ColumnsError) {
        if reader.table.first != log.first { beginAnew(log.first) }
        let needed = reader.memory + (reader.table.count + ColumnsState.batch) * ColumnsState.packedRowBytes
        guard needed <= limits.memory else { throw .tooLarge(bytes: needed, limit: limits.memory) }
        if try takeStored(log) { return }
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

    private mutating func beginAnew(_ first: Position) {
        let known = losses
        store?.discard()
        self = ColumnsState(first: first, limits)
        losses = known
    }

    /// Takes in the next segments that have files, at most a batch.
    ///
    /// - Returns: false where there is none that can be used.
    private mutating func takeStored(_ log: EventLog) throws(ColumnsError) -> Bool {
        guard store != nil else { return false }
        if store?.isOpen == false { try open(log) }
        guard let feet = store?.feet, taken < feet.count, let files = store else { return false }
        let first = taken
        let count = min(ColumnsState.storedBatch, feet.count - first)
        let contents = Parallel.map(count, threads: limits.threads) { files.content(first + $0) }
        for content in contents {
            guard let content else {
                losses.append("segment \(taken) in \(files.directory) and what is behind it is not what was written")
                store?.cut(to: taken)
                break
            }
            guard reader.take(content, log) else {
                losses.append("segment \(taken) in \(files.directory) does not fit what is before it")
                beginAnew(reader.table.first)
                return true
            }
            taken += 1
        }
        return taken > first
    }

    private mutating func open(_ log: EventLog) throws(ColumnsError) {
        do throws(LogError) {
            let loss = try store?.open(SegmentFoot.Origin(log)) { (position, anchor) throws(LogError) in
                try EventTableReader.isOurs(position, anchor, log)
            }
            if let loss { losses.append(loss) }
        } catch {
            throw .log(error)
        }
        if let feet = store?.feet { reader.reserve(feet) }
    }

    /// What was thrown away since the last call, and why.
    mutating func takeLosses() -> [String] {
        defer { losses = [] }
        return losses
    }

    /// Throws away what is of a log that begins elsewhere: what retention took away is to stay nowhere.
    mutating func dropStale(_ log: EventLog) {
        if reader.table.first != log.first { beginAnew(log.first) } else { store?.dropStale(first: log.first) }
    }

    /// Looks for what compensations mean, before a snapshot is taken.
    mutating func findTargets(_ log: EventLog) throws(ColumnsError) {
        do throws(LogError) { try reader.findTargets(log) } catch { throw .log(error) }
    }

    // MARK: - Files

    /// The first full segment that is in no file, or at the end the last one that is not full, to be written to one; nil where there is none, or
    /// there was no room.
    ///
    /// - Parameter count: how many may be in none.
    mutating func piece(_ log: EventLog, leaving count: Int, atEnd: Bool) -> SegmentPiece? {
        let full = reader.table.count >> EventSegment.shift
        guard let store, store.isOpen, taken == store.feet.count, full >= retryCount || atEnd else { return nil }
        let number = store.fullCount
        guard full - number > count || atEnd && number == full && reader.table.count > store.rowCount else { return nil }
        let origin = SegmentFoot.Origin(log)
        guard origin.first == reader.table.first else { return nil }
        let piece = reader.piece(number, origin, previous: store.previous(number))
        if piece == nil { retryCount = full + 1 }
        return piece
    }

    /// A piece was written, or could not be.
    mutating func keep(_ piece: SegmentPiece, _ written: (foot: SegmentFoot, rows: ColumnBytes)?) {
        guard let written else {
            // Tried again with the next one.
            retryCount = reader.table.count >> EventSegment.shift + 1
            return
        }
        guard piece.origin.first == reader.table.first, piece.number == store?.fullCount else {
            store?.drop(piece)
            return
        }
        store?.add(written.foot)
        taken = store?.feet.count ?? 0
        reader.keep(piece.targets, in: piece.number)
        if written.foot.rows == EventSegment.capacity { reader.put(written.rows, inSegment: piece.number) }
    }

    // MARK: - Journeys

    /// The journeys as known at `position`, which is in.
    mutating func asOf(_ position: Position) -> Journeys {
        if let past, past.position == position, past.table.first == reader.table.first { return past }
        past = nil
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
        let journeys = grown(before: count) ?? rebased(before: count)
        latest = journeys
        return journeys
    }

    private mutating func rebased(before end: EventTable.Row) -> Journeys {
        base = nil
        let packed = packed(before: end)
        base = Base(packed.journeys, packed.groups, compensations: compensations)
        return packed.journeys
    }

    private func packed(before end: EventTable.Row, _ lens: IdentityLens = IdentityLens()) -> (journeys: Journeys, groups: JourneyGroups) {
        let (table, subjects) = (reader.table, reader.subjects.count)
        let effects = Effects(table, before: end)
        let linked = lens.position.map(rowCount) ?? end
        let groups = JourneyGroups(
            table, subjects: subjects, before: linked, linked == end ? effects : Effects(table, before: linked), assumed: lens.assumptions,
            at: lens.moment)
        let packing = JourneyPacking(table: table, roots: groups.roots(), effects: effects, limits: limits)
        return (journeys(packing, before: end, packing.pack(0..<end)), groups)
    }

    private func journeys(_ packing: JourneyPacking, before end: EventTable.Row, _ chunks: [JourneyChunk]) -> Journeys {
        Journeys(
            table: packing.table, rowCount: end, pieces: chunks.map { Journeys.Piece(chunk: $0, replaced: []) }, effects: packing.effects,
            roots: packing.roots, scratch: limits.scratch)
    }

    /// The base with what came since; nil where journeys changed in another way than by growing and joining.
    private mutating func grown(before end: EventTable.Row) -> Journeys? {
        guard var base else { return nil }
        self.base = nil
        let table = reader.table
        // Voids and corrections may reach any journey, and what they void may have linked some.
        guard base.compensations == compensations else { return nil }
        guard base.groups.add(table, subjects: reader.subjects.count, rows: base.groupedRows..<end) else { return nil }
        base.groupedRows = end
        let packing = JourneyPacking(table: table, roots: base.groups.roots(), effects: base.journeys.effects, limits: limits)
        let (new, chunks) = (base.journeys.rowCount..<end, base.journeys.pieces.map(\.chunk))
        if let changed = changed(base, before: end) {
            let delta = packing.pack(new, with: changed.journeys, of: chunks).map { Journeys.Piece(chunk: $0, replaced: []) }
            self.base = base
            return Journeys(
                table: table, rowCount: end, pieces: changed.pieces + delta, effects: packing.effects, roots: packing.roots,
                scratch: limits.scratch)
        }
        // Where most is new there is little to copy.
        guard new.count <= Int(base.journeys.rowCount) else { return nil }
        let merged = packing.merge(chunks, places: base.places, new)
        guard merged.count <= ColumnsState.mostFragments * Int(end) / limits.chunkRows + ColumnsState.smallFragments else { return nil }
        let journeys = journeys(packing, before: end, merged)
        self.base = Base(journeys, base.groups, compensations: base.compensations)
        return journeys
    }

    /// The base without the journeys that new rows touch, and those; nil where they are too much to be packed again with each answer.
    ///
    /// New rows only join: every journey that became part of another has a subject that a new row names.
    private func changed(
        _ base: Base, before end: EventTable.Row
    ) -> (pieces: [Journeys.Piece], journeys: [JourneyPacking.Packed])? {
        let limit = max(limits.smallDelta, Int(base.journeys.rowCount) / 8)
        var replaced: [Int: [Bool]] = [:]
        var journeys: [JourneyPacking.Packed] = []
        let new = base.journeys.rowCount..<end
        // Their rows are counted and not collected: they are a part of all there are, and mostly turn out to be too many.
        var rows = new.count
        func touch(_ subject: UInt32) {
            guard Int(subject) < base.places.count, base.places[Int(subject)] != JourneyPacking.nowhere else { return }
            let (number, journey) = (Int(base.places[Int(subject)] >> 32), Int(base.places[Int(subject)] & 0xFFFF_FFFF))
            let chunk = base.journeys.pieces[number].chunk
            if replaced[number] == nil { replaced[number] = Array(repeating: false, count: chunk.count) }
            guard replaced[number]?[journey] == false else { return }
            replaced[number]?[journey] = true
            journeys.append(JourneyPacking.Packed(chunk: number, journey: journey))
            rows += chunk.places(journey).count
        }
        let table = reader.table
        for row in new {
            touch(table.subject(row))
            if table.account(row) != 0 { touch(table.account(row) - 1) }
            guard rows <= limit else { return nil }
        }
        for assertion in table.assertions.reversed() {
            guard assertion.row >= base.journeys.rowCount else { break }
            touch(assertion.pair.lower)
            touch(assertion.pair.upper)
        }
        guard rows <= limit else { return nil }
        let pieces = base.journeys.pieces.enumerated().map { Journeys.Piece(chunk: $1.chunk, replaced: replaced[$0] ?? []) }
        return (pieces, journeys)
    }
}
