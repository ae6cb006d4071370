internal import EventLog
internal import Timelines

/// What each event means to a funnel: one look-up of its type, and one bit of its row for each condition.
struct FunnelMasks: Sendable {
    /// By the log's symbol of a type, the mask of its events (``FunnelMatch/mask``), conditions aside.
    let ofTypes: [UInt64]
    /// The bits that stand only where the row passes a condition.
    let conditional: UInt64
    /// By bit, where in ``words`` the rows that pass begin.
    let starts: [Int]
    let words: Column<UInt64>

    /// - Complexity: O(rows) a test.
    init(
        _ definition: FunnelDefinition, _ journeys: Journeys, _ source: JourneyColumns, _ columns: [EventField: PropertyColumn]
    ) {
        var masks = [UInt64](repeating: 0, count: Int(EventRecord.unlisted) + 1)
        var conditional: UInt64 = 0
        var starts = [Int](repeating: 0, count: 64)
        var sets: [RowSet] = []
        let steps = definition.steps.enumerated().map { ($0, $1) }
        for (place, pattern) in steps + definition.exclusions.enumerated().map({ (32 + $0, $1.pattern) }) {
            let bit: UInt64 = 1 << UInt64(place)
            var rows = pattern.condition?.naming(source.log.storedName, standIn: source.log.standIn).rows(journeys, columns)
            if let types = pattern.types {
                let symbols = types.compactMap { source.type($0) }
                for symbol in symbols { masks[Int(symbol)] |= bit }
                if symbols.count < types.count, journeys.table.hasUnlistedTypes {
                    // The column of types tells apart those that have no symbols.
                    masks[Int(EventRecord.unlisted)] |= bit
                    let typed = Condition.value(.type, .among(types.map { .text($0) }), negated: false).rows(journeys, columns)
                    if rows == nil { rows = typed } else { rows?.formIntersection(typed) }
                }
            } else {
                for symbol in masks.indices { masks[symbol] |= bit }
            }
            guard let rows else { continue }
            conditional |= bit
            starts[place] = sets.count * rows.wordCount
            sets.append(rows)
        }
        ofTypes = masks
        self.conditional = conditional
        self.starts = starts
        words = RowSet.words(sets)
    }
}
