/// Sorts rows by journey into chunks.
struct JourneyPacking: Sendable {
    let table: EventTable
    /// By subject, the root of its group.
    let roots: [UInt32]
    let effects: Effects
    let limits: JourneyColumns.Limits

    /// A journey that was packed before: which one of a list of chunks, and its place there.
    struct Packed: Sendable {
        let chunk, journey: Int
    }

    /// What a journey is made of: where its new rows and its packed ones end, and how many rows there are so far.
    private struct Part: Sendable {
        let root, rows, packed, total: UInt32
    }

    /// Packs rows that are in the order of the log, without those that are voided, and journeys that were packed before.
    ///
    /// - Parameters:
    ///   - old: each at most once; where several have one root now, or new rows, they become one journey.
    ///   - chunks: what `old` is of.
    /// - Complexity: O(rows + subjects), two passes and a sort of each journey that did not come in the order of time. What was packed is copied, at
    ///   some nanoseconds a row, and looked for in the table no more.
    func pack(_ rows: some Collection<EventTable.Row>, with old: [Packed] = [], of chunks: [JourneyChunk] = []) -> [JourneyChunk] {
        let voided = effects.voided
        // By root: the number of its rows, then the place of its next one.
        var places = [UInt32](repeating: 0, count: roots.count)
        for row in rows where voided.isEmpty || !voided.contains(row) { places[Int(roots[Int(table.subject(row))])] += 1 }
        let old = old.map { (root: roots[Int(chunks[$0.chunk].roots[$0.journey])], packed: $0) }.sorted { $0.root < $1.root }
        var parts: [Part] = []
        var (total, next, packedRows): (UInt32, Int, UInt32) = (0, 0, 0)
        for root in places.indices where places[root] > 0 || next < old.count && Int(old[next].root) == root {
            let count = places[root]
            places[root] = total
            total += count
            while next < old.count, Int(old[next].root) == root {
                packedRows += UInt32(chunks[old[next].packed.chunk].places(old[next].packed.journey).count)
                next += 1
            }
            parts.append(Part(root: UInt32(root), rows: total, packed: UInt32(next), total: total + packedRows))
        }
        let ordered = ColumnBytes.workspace(count: Int(total) * MemoryLayout<EventTable.Row>.stride, in: limits.scratch)
        for row in rows where voided.isEmpty || !voided.contains(row) {
            let root = Int(roots[Int(table.subject(row))])
            ordered.put(row, at: Int(places[root]))
            places[root] += 1
        }
        return self.chunks(parts, Column(ordered, at: 0, count: Int(total)), old.map(\.packed), of: chunks)
    }

    private func chunks(
        _ parts: [Part], _ rows: Column<EventTable.Row>, _ old: [Packed], of chunks: [JourneyChunk]
    ) -> [JourneyChunk] {
        var bounds = [0]
        var start: UInt32 = 0
        for journey in parts.indices where Int(parts[journey].total - start) >= limits.chunkRows || journey == parts.count - 1 {
            bounds.append(journey + 1)
            start = parts[journey].total
        }
        let pieces = bounds
        return Parallel.map(bounds.count - 1, threads: limits.threads) { piece in
            let journeys = pieces[piece]..<pieces[piece + 1]
            var last = journeys.lowerBound == 0 ? Part(root: 0, rows: 0, packed: 0, total: 0) : parts[journeys.lowerBound - 1]
            var draft = ChunkDraft(rows: Int(parts[journeys.upperBound - 1].total - last.total))
            for part in parts[journeys] {
                for packed in old[Int(last.packed)..<Int(part.packed)] {
                    draft.add(chunks[packed.chunk].places(packed.journey), of: chunks[packed.chunk])
                }
                draft.add(rows[Int(last.rows)..<Int(part.rows)], table)
                draft.endJourney(part.root)
                last = part
            }
            return JourneyChunk(draft, scratch: limits.scratch)
        }
    }

    /// Adds new rows to chunks, none of which is voided: what is packed is copied, and not looked for row by row again.
    ///
    /// - Parameters:
    ///   - chunks: whose journeys have only grown since, or been joined.
    ///   - places: by subject that was known then, the number of its chunk and its journey's place there, packed; else ``nowhere``.
    /// - Complexity: O(all rows), some nanoseconds each where it was packed before; a sort of those that were joined.
    func merge(_ chunks: [JourneyChunk], places: [UInt64], _ rows: Range<EventTable.Row>) -> [JourneyChunk] {
        let (isApart, joined) = joined(chunks, places)
        /// Where a row's journey is; ``nowhere`` where it is new, or has been joined.
        func place(_ row: EventTable.Row) -> UInt64 {
            let root = Int(roots[Int(table.subject(row))])
            let place = root < places.count ? places[root] : JourneyPacking.nowhere
            guard place != JourneyPacking.nowhere, !isApart[Int(place >> 32)].isEmpty else { return place }
            return isApart[Int(place >> 32)][Int(place & 0xFFFF_FFFF)] ? JourneyPacking.nowhere : place
        }
        // By chunk: how many rows are new, then where its next one goes, and so in the end where they end.
        var ends = [Int](repeating: 0, count: chunks.count)
        for row in rows where place(row) != JourneyPacking.nowhere { ends[Int(place(row) >> 32)] += 1 }
        var total = 0
        for chunk in ends.indices { (ends[chunk], total) = (total, total + ends[chunk]) }
        let additions = ColumnBytes.workspace(count: total * MemoryLayout<UInt64>.stride, in: limits.scratch)
        for row in rows {
            let place = place(row)
            guard place != JourneyPacking.nowhere else { continue }
            additions.put((place & 0xFFFF_FFFF) << 32 | UInt64(row), at: ends[Int(place >> 32)])
            ends[Int(place >> 32)] += 1
        }
        let (new, bounds) = (Column<UInt64>(additions, at: 0, count: total), [0] + ends)
        let merged = Parallel.map(chunks.count, threads: limits.threads) { number in
            let own = new[bounds[number]..<bounds[number + 1]]
            return own.isEmpty && isApart[number].isEmpty ? [chunks[number]] : grown(chunks[number], own, without: isApart[number])
        }
        return merged.flatMap(\.self) + pack(rows.lazy.filter { place($0) == JourneyPacking.nowhere }, with: joined, of: chunks)
    }

    /// What no chunk has of a subject.
    static let nowhere = UInt64.max

    /// The journeys that others have joined or that have joined others, by chunk (none is empty) and one by one.
    private func joined(_ chunks: [JourneyChunk], _ places: [UInt64]) -> (isApart: [[Bool]], journeys: [Packed]) {
        var isApart = chunks.map { _ in [Bool]() }
        var journeys: [Packed] = []
        func part(_ chunk: Int, _ journey: Int) {
            if isApart[chunk].isEmpty { isApart[chunk] = Array(repeating: false, count: chunks[chunk].count) }
            guard !isApart[chunk][journey] else { return }
            isApart[chunk][journey] = true
            journeys.append(Packed(chunk: chunk, journey: journey))
        }
        for (number, chunk) in chunks.enumerated() {
            for (journey, root) in chunk.roots.enumerated() where roots[Int(root)] != root {
                part(number, journey)
                let place = places[Int(roots[Int(root)])]
                if place != JourneyPacking.nowhere { part(Int(place >> 32), Int(place & 0xFFFF_FFFF)) }
            }
        }
        return (isApart, journeys)
    }

    /// A chunk with new rows, in two or more where it has become large.
    ///
    /// - Parameter additions: by journey of the chunk, then row, packed; in any order.
    private func grown(_ chunk: JourneyChunk, _ additions: Slice<Column<UInt64>>, without isApart: [Bool]) -> [JourneyChunk] {
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
            chunks.append(JourneyChunk(draft, scratch: limits.scratch))
            draft = ChunkDraft(rows: size)
        }
        if !draft.roots.isEmpty { chunks.append(JourneyChunk(draft, scratch: limits.scratch)) }
        return chunks
    }
}
