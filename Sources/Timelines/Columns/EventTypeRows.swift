internal import EventLog
internal import JourneyModel

extension JourneyColumns {
    /// The rows of a table whose events have a type, ascending.
    ///
    /// - Complexity: O(rows), about a nanosecond each; where the log keeps no symbol of the type, a read of each event whose type has none.
    package func rows(ofType name: String, in table: EventTable, _ monitor: WorkMonitor) throws(ColumnsError) -> [EventTable.Row] {
        if let symbol = type(name) { return table.rows(type: symbol) }
        guard table.hasUnlistedTypes else { return [] }
        var found: [EventTable.Row] = []
        for row in table.rows(type: UInt16(EventRecord.unlisted)) {
            if monitor.isCancelled { throw .cancelled }
            do throws(LogError) {
                try log.read(after: table.position(row) - 1) { (record, bytes) in
                    if record.position == table.position(row), log.type(record, bytes) == name { found.append(row) }
                    return false
                }
            } catch {
                throw .log(error)
            }
        }
        return found
    }
}

extension EventTable {
    fileprivate func rows(type: UInt16) -> [Row] {
        var found: [Row] = []
        for (number, segment) in segments.enumerated() {
            let (start, types) = (number << EventSegment.shift, segment.types)
            for offset in types.indices where types[offset] == type { found.append(Row(start + offset)) }
        }
        return found
    }
}
