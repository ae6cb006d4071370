internal import EventLog
internal import JourneyModel

/// The property columns that were asked for, those used last kept longest.
struct PropertyStore: Sendable {
    /// Segments that are read before the columns take them in: what a cancelled question loses.
    private static let stride = 16

    private struct Kept: Sendable {
        var column: PropertyColumn
        var used = 0
    }

    private var columns: [EventField: Kept] = [:]
    private var first: Position = 0
    private var uses = 0

    /// Bytes, in files or memory.
    var memory: Int { columns.values.reduce(0) { $0 + $1.column.memory } }

    /// Which fields have yet to be read, and for how many events.
    func unread(_ fields: Set<EventField>, _ journeys: Journeys) -> [EventField: Int] {
        var unread: [EventField: Int] = [:]
        for field in fields where field != .time {
            let covered = first == journeys.table.first ? columns[field]?.column.count ?? 0 : 0
            if covered < Int(journeys.rowCount) { unread[field] = Int(journeys.rowCount) - covered }
        }
        return unread
    }

    /// Reads what the columns of `fields` lack of the rows of `journeys`.
    mutating func extend(
        _ fields: Set<EventField>, _ log: EventLog, _ journeys: Journeys, _ limits: JourneyColumns.Limits, _ monitor: WorkMonitor
    ) throws(ColumnsError) {
        if first != journeys.table.first {
            columns = [:]
            first = journeys.table.first
        }
        let end = Int(journeys.rowCount)
        // Fields that are equally far are read in one walk.
        let groups = Dictionary(grouping: fields.filter { $0 != .time }) { columns[$0]?.column.count ?? 0 }
        for (covered, fields) in groups.sorted(by: { $0.key < $1.key }) where covered < end {
            var rest = fields.sorted { $0.name < $1.name }[...]
            while !rest.isEmpty {
                let scan = PropertyScan(Array(rest.prefix(PropertyScan.maximumFields)))
                rest = rest.dropFirst(PropertyScan.maximumFields)
                var start = covered
                while start < end {
                    if monitor.isCancelled { throw .cancelled }
                    monitor.tell(.fields, start, of: end)
                    start = try extend(scan, log, from: start, to: end, limits)
                }
            }
        }
    }

    /// Reads the next few segments side by side.
    private mutating func extend(
        _ scan: PropertyScan, _ log: EventLog, from start: Int, to end: Int, _ limits: JourneyColumns.Limits
    ) throws(ColumnsError) -> Int {
        var bounds = [start]
        while let last = bounds.last, last < end, bounds.count <= PropertyStore.stride {
            bounds.append(min((last >> EventSegment.shift + 1) << EventSegment.shift, end))
        }
        let (pieces, first) = (bounds, first)
        let results = Parallel.map(bounds.count - 1, threads: limits.threads) { index -> Result<[PropertyColumn.Portion], LogError> in
            do throws(LogError) {
                return .success(try scan.portions(log, first: first, rows: pieces[index]..<pieces[index + 1]))
            } catch {
                return .failure(error)
            }
        }
        for (index, result) in results.enumerated() {
            let portions: [PropertyColumn.Portion]
            do throws(LogError) { portions = try result.get() } catch { throw .log(error) }
            for (field, portion) in zip(scan.fields, portions) {
                guard portion.values.count == bounds[index + 1] - bounds[index] else { throw .retained }
                // Out and in again, so that it is not copied.
                var kept = columns.removeValue(forKey: field) ?? Kept(column: PropertyColumn(field))
                kept.column.append(portion, in: limits.scratch)
                columns[field] = kept
            }
            guard memory <= limits.properties else { throw .tooLarge(bytes: memory, limit: limits.properties) }
        }
        return bounds[bounds.count - 1]
    }

    /// The columns of `fields`; others go where all take more than `limit`.
    mutating func take(_ fields: Set<EventField>, limit: Int) -> [EventField: PropertyColumn] {
        uses += 1
        for field in fields { columns[field]?.used = uses }
        for (field, _) in columns.sorted(by: { $0.value.used < $1.value.used }) where memory > limit && !fields.contains(field) {
            columns[field] = nil
        }
        return columns.filter { fields.contains($0.key) }.mapValues(\.column)
    }
}
