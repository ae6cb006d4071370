/// Sorts rows by journey into chunks.
enum JourneyPacking {
    /// Rows after which a chunk ends with the journey it is in.
    static let chunkRows = 1 << 17

    /// Packs rows that are in the order of the log, without those that are voided.
    ///
    /// - Parameter roots: by subject, the root of its group.
    /// - Complexity: O(rows + subjects), two passes and a sort of each journey that did not come in the order of time.
    static func pack(
        _ table: EventTable, _ rows: some Collection<EventTable.Row>, roots: [UInt32], _ effects: Effects
    ) -> [JourneyChunk] {
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
        var ordered = [EventTable.Row](repeating: 0, count: Int(total))
        for row in rows where voided.isEmpty || !voided.contains(row) {
            let root = Int(roots[Int(table.subject(row))])
            ordered[Int(places[root])] = row
            places[root] += 1
        }
        return chunks(table, ordered, ends: ends, roots: journeyRoots)
    }

    private static func chunks(_ table: EventTable, _ rows: [EventTable.Row], ends: [UInt32], roots: [UInt32]) -> [JourneyChunk] {
        var chunks: [JourneyChunk] = []
        var (firstJourney, firstRow) = (0, 0)
        for journey in ends.indices {
            let end = Int(ends[journey])
            guard end - firstRow >= chunkRows || journey == ends.count - 1 else { continue }
            chunks.append(
                JourneyChunk(
                    table, rows: Array(rows[firstRow..<end]), ends: ends[firstJourney...journey].map { Int($0) - firstRow },
                    roots: Array(roots[firstJourney...journey])))
            (firstJourney, firstRow) = (journey + 1, end)
        }
        return chunks
    }
}
