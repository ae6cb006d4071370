/// Sorts rows by journey into chunks.
struct JourneyPacking: Sendable {
    let table: EventTable
    /// By subject, the root of its group.
    let roots: [UInt32]
    let effects: Effects
    let limits: JourneyColumns.Limits
    /// Whether the chunks are to stay, and so may have files.
    var isKept = true

    private var scratch: String? { isKept ? limits.scratch : nil }

    /// Packs rows that are in the order of the log, without those that are voided.
    ///
    /// - Complexity: O(rows + subjects), two passes and a sort of each journey that did not come in the order of time.
    func pack(_ rows: some Collection<EventTable.Row>) -> [JourneyChunk] {
        let voided = effects.voided
        // By root: the number of its rows, then the place of its next one.
        var places = [UInt32](repeating: 0, count: roots.count)
        for row in rows where voided.isEmpty || !voided.contains(row) { places[Int(roots[Int(table.subject(row))])] += 1 }
        var ends: [UInt32] = []
        var journeyRoots: [UInt32] = []
        var total: UInt32 = 0
        for root in places.indices where places[root] > 0 {
            let count = places[root]
            places[root] = total
            total += count
            ends.append(total)
            journeyRoots.append(UInt32(root))
        }
        let ordered = ColumnBytes.workspace(count: Int(total) * MemoryLayout<EventTable.Row>.stride, in: limits.scratch)
        for row in rows where voided.isEmpty || !voided.contains(row) {
            let root = Int(roots[Int(table.subject(row))])
            ordered.put(row, at: Int(places[root]))
            places[root] += 1
        }
        return chunks(Column(ordered, at: 0, count: Int(total)), ends: ends, roots: journeyRoots)
    }

    private func chunks(_ rows: Column<EventTable.Row>, ends: [UInt32], roots: [UInt32]) -> [JourneyChunk] {
        var bounds = [0]
        var start = 0
        for journey in ends.indices where Int(ends[journey]) - start >= limits.chunkRows || journey == ends.count - 1 {
            bounds.append(journey + 1)
            start = Int(ends[journey])
        }
        let pieces = bounds
        return Parallel.map(bounds.count - 1, threads: limits.threads) { piece in
            let journeys = pieces[piece]..<pieces[piece + 1]
            var start = journeys.lowerBound == 0 ? 0 : Int(ends[journeys.lowerBound - 1])
            var draft = ChunkDraft(rows: Int(ends[journeys.upperBound - 1]) - start)
            for journey in journeys {
                draft.add(rows[start..<Int(ends[journey])], table)
                draft.endJourney(roots[journey])
                start = Int(ends[journey])
            }
            return JourneyChunk(draft, scratch: scratch)
        }
    }

    /// Adds new rows to chunks, none of which is voided: what is packed is copied, and not looked for row by row again.
    ///
    /// - Parameters:
    ///   - chunks: whose journeys have only grown since, or been joined.
    ///   - places: by subject that was known then, the number of its chunk and its journey's place there, packed; else ``nowhere``.
    /// - Complexity: O(all rows), some nanoseconds each where it was packed before; a sort of those that were joined.
    func merge(_ chunks: [JourneyChunk], places: [UInt64], _ rows: Range<EventTable.Row>) -> [JourneyChunk] {
        var (isApart, loose) = joined(chunks, places)
        var additions = chunks.map { _ in [UInt64]() }
        for row in rows {
            let root = Int(roots[Int(table.subject(row))])
            let place = root < places.count ? places[root] : JourneyPacking.nowhere
            let (chunk, journey) = (Int(place >> 32), place & 0xFFFF_FFFF)
            if place == JourneyPacking.nowhere || (!isApart[chunk].isEmpty && isApart[chunk][Int(journey)]) {
                loose.append(row)
            } else {
                additions[chunk].append(journey << 32 | UInt64(row))
            }
        }
        loose.sort()
        let (new, apart) = (additions, isApart)
        let merged = Parallel.map(chunks.count, threads: limits.threads) { number in
            new[number].isEmpty && apart[number].isEmpty ? [chunks[number]] : grown(chunks[number], new[number], without: apart[number])
        }
        return merged.flatMap(\.self) + pack(loose)
    }

    /// What no chunk has of a subject.
    static let nowhere = UInt64.max

    /// The journeys that others have joined or that have joined others, by chunk (none is empty), and their rows.
    private func joined(_ chunks: [JourneyChunk], _ places: [UInt64]) -> (isApart: [[Bool]], rows: [EventTable.Row]) {
        var isApart = chunks.map { _ in [Bool]() }
        var rows: [EventTable.Row] = []
        func part(_ chunk: Int, _ journey: Int) {
            if isApart[chunk].isEmpty { isApart[chunk] = Array(repeating: false, count: chunks[chunk].count) }
            guard !isApart[chunk][journey] else { return }
            isApart[chunk][journey] = true
            rows.append(contentsOf: chunks[chunk].rows[chunks[chunk].places(journey)])
        }
        for (number, chunk) in chunks.enumerated() {
            for (journey, root) in chunk.roots.enumerated() where roots[Int(root)] != root {
                part(number, journey)
                let place = places[Int(roots[Int(root)])]
                if place != JourneyPacking.nowhere { part(Int(place >> 32), Int(place & 0xFFFF_FFFF)) }
            }
        }
        return (isApart, rows)
    }

    /// A chunk with new rows, in two or more where it has become large.
    ///
    /// - Parameter additions: by journey of the chunk, then row, packed; in any order.
    private func grown(_ chunk: JourneyChunk, _ additions: [UInt64], without isApart: [Bool]) -> [JourneyChunk] {
        let additions = additions.sorted()
        let total = chunk.rows.count + additions.count
        let size = total / max(1, total / limits.chunkRows)
        var chunks: [JourneyChunk] = []
        var draft = ChunkDraft(rows: size)
        var next = 0
        for journey in 0..<chunk.count where isApart.isEmpty || !isApart[journey] {
            draft.add(chunk.places(journey), of: chunk)
            let start = next
            while next < additions.count, additions[next] >> 32 == UInt64(journey) { next += 1 }
            draft.add(additions[start..<next].lazy.map { EventTable.Row(truncatingIfNeeded: $0) }, table)
            draft.endJourney(chunk.roots[journey])
            guard draft.rows.count >= size else { continue }
            chunks.append(JourneyChunk(draft, scratch: scratch))
            draft = ChunkDraft(rows: size)
        }
        if !draft.roots.isEmpty { chunks.append(JourneyChunk(draft, scratch: scratch)) }
        return chunks
    }
}
