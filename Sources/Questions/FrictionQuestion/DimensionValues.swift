internal import JourneyModel
internal import Timelines

/// The values of dimensions as numbers, by row: what segments and splits are made of.
///
/// Only the most frequent values over all dimensions are told apart, so many as there are segments; a field with many values is none to
/// compare by. Cost: a byte a row and dimension, and about a nanosecond a row and segment to make.
struct DimensionValues: Sendable {
    let fields: [EventField]
    /// The values that are told apart, in an order that follows from the events alone; their numbers count from one.
    let segments: [DeviationCounts.Segment]
    // By dimension and row, the number of its segment; zero for none.
    private let numbers: [[UInt8]]

    /// - Complexity: O(rows × (dimensions + segments)).
    init(_ fields: [EventField], _ columns: [EventField: PropertyColumn], _ journeys: Journeys) {
        let known = fields.filter { columns[$0] != nil }
        self.fields = known
        var found: [(segment: DeviationCounts.Segment, value: ScalarValue, count: Int)] = []
        for (dimension, field) in known.enumerated() {
            guard let column = columns[field] else { continue }
            var counts: [PropertyValue: Int] = [:]
            for row in 0..<journeys.rowCount { counts[column.value(row, journeys.effects), default: 0] += 1 }
            for (value, count) in counts {
                guard let name = column.name(value) else { continue }
                found.append((DeviationCounts.Segment(dimension: dimension, value: name), column.scalar(value), count))
            }
        }
        let most = found.sorted { left, right in
            (-left.count, left.segment.dimension, left.segment.value) < (-right.count, right.segment.dimension, right.segment.value)
        }.prefix(DeviationCounts.maximumSegments)
        segments = most.map(\.segment)
        var numbers = known.map { _ in [UInt8](repeating: 0, count: Int(journeys.rowCount)) }
        for (index, segment) in most.enumerated() {
            guard let column = columns[known[segment.segment.dimension]] else { continue }
            let rows = column.rows(.equals(segment.value), before: journeys.rowCount, journeys.effects)
            rows.mark(UInt8(index + 1), in: &numbers[segment.segment.dimension])
        }
        self.numbers = numbers
    }

    /// Puts the numbers of a journey's path rows into `segments`, row by row.
    ///
    /// - Parameter first: the position of row 0.
    func read(_ rows: [PathRow], first: Position, into segments: inout [UInt8]) {
        segments.removeAll(keepingCapacity: true)
        for row in rows {
            for dimension in numbers.indices { segments.append(numbers[dimension][Int(row.position - first)]) }
        }
    }

    /// For each dimension the number of the first value of a journey that is told apart; zero where it has none.
    func first(_ journey: JourneyRows) -> [UInt8] {
        numbers.indices.map { dimension in
            journey.lazy.map { numbers[dimension][Int($0.row)] }.first { $0 != 0 } ?? 0
        }
    }

    /// The text of a number; empty where there is none.
    func text(_ number: UInt8) -> String {
        number == 0 ? "" : segments[Int(number) - 1].value
    }
}

extension RowSet {
    /// Writes `mark` at every row of the set.
    func mark(_ mark: UInt8, in marks: inout [UInt8]) {
        for (index, word) in words.enumerated() {
            var rest = word
            while rest != 0 {
                let row = index << 6 + rest.trailingZeroBitCount
                if row < marks.count { marks[row] = mark }
                rest &= rest - 1
            }
        }
    }
}
