internal import JourneyModel
internal import Timelines

/// The values of dimensions as numbers: what segments and splits are made of.
struct DimensionValues: Sendable {
    let fields: [EventField]
    private let columns: [PropertyColumn]
    private let effects: Effects

    init(_ fields: [EventField], _ columns: [EventField: PropertyColumn], _ journeys: Journeys) {
        let known = fields.filter { columns[$0] != nil }
        (self.fields, self.columns, effects) = (known, known.compactMap { columns[$0] }, journeys.effects)
    }

    /// The most frequent values over all dimensions, so many as segments are told apart, in an order that follows from the events alone.
    ///
    /// - Complexity: O(rows × dimensions).
    func segments(_ journeys: Journeys) -> [DeviationCounts.Segment] {
        var counts: [(segment: DeviationCounts.Segment, count: Int)] = []
        for (dimension, column) in columns.enumerated() {
            var found: [PropertyValue: Int] = [:]
            for row in 0..<journeys.rowCount { found[column.value(row, effects), default: 0] += 1 }
            for (value, count) in found {
                guard let name = column.name(value) else { continue }
                counts.append((DeviationCounts.Segment(dimension: dimension, value: name), count))
            }
        }
        let sorted = counts.sorted { left, right in
            (-left.count, left.segment.dimension, left.segment.value) < (-right.count, right.segment.dimension, right.segment.value)
        }
        return sorted.prefix(DeviationCounts.maximumSegments).map(\.segment)
    }

    /// Looks numbers of segments up, each value once.
    struct Reader {
        private let values: DimensionValues
        private var known: [[PropertyValue: UInt8]]
        /// Row by row, the segment of each dimension.
        private(set) var segments: [UInt8] = []

        init(_ values: DimensionValues) {
            self.values = values
            known = values.fields.map { _ in [.none: 0] }
        }

        /// Reads the segments of a journey's path rows.
        mutating func read(_ rows: [PathRow], first: Position, _ counts: borrowing DeviationCounts) {
            segments.removeAll(keepingCapacity: true)
            for row in rows {
                let row = EventTable.Row(row.position - first)
                for (dimension, column) in values.columns.enumerated() {
                    let value = column.value(row, values.effects)
                    if let number = known[dimension][value] {
                        segments.append(number)
                    } else {
                        let number = column.name(value).map { counts.segment(.init(dimension: dimension, value: $0)) } ?? 0
                        known[dimension][value] = number
                        segments.append(number)
                    }
                }
            }
        }
    }

    /// For each dimension the first value of a journey; nothing where it has none.
    func first(_ journey: JourneyRows) -> [PropertyValue] {
        columns.map { column in
            journey.lazy.map { column.value($0.row, effects) }.first { !$0.isNone } ?? .none
        }
    }

    /// The text of a dimension's value; empty where there is none.
    func text(_ value: PropertyValue, dimension: Int) -> String {
        columns[dimension].name(value) ?? ""
    }
}
