internal import JourneyModel
internal import Timelines

/// The values of dimensions as numbers, by row: what segments and splits are made of.
///
/// Only the most frequent values over all dimensions are told apart; a field with many values is none to compare by. Cost: a byte a row and dimension, and about a nanosecond a row and segment to make.
struct DimensionValues: Sendable {
    let fields: [EventField]
    /// The values that are told apart, in an order that follows from the events alone; their numbers count from one.
    let segments: [DeviationCounts.Segment]
    // By dimension and row, the number of its segment; zero for none.
    private let numbers: [RowMarks]

    /// Most values that can be told apart.
    static let maximum = Int(UInt8.max)

    /// - Parameter limit: how many values are told apart, at most ``maximum``.
    /// - Complexity: O(rows × (dimensions + segments)).
    init(_ fields: [EventField], _ columns: [EventField: PropertyColumn], _ journeys: Journeys, limit: Int) {
        let known = fields.filter { columns[$0] != nil }
        self.fields = known
        var found: [(segment: DeviationCounts.Segment, value: ScalarValue, count: Int)] = []
        for (dimension, field) in known.enumerated() {
            guard let column = columns[field] else { continue }
            for (value, count) in column.counts(before: journeys.rowCount, journeys.effects) {
                guard let name = column.name(value) else { continue }
                found.append((DeviationCounts.Segment(dimension: dimension, value: name), column.scalar(value), count))
            }
        }
        let most = found.sorted { left, right in
            (-left.count, left.segment.dimension, left.segment.value) < (-right.count, right.segment.dimension, right.segment.value)
        }.prefix(min(limit, DimensionValues.maximum))
        segments = most.map(\.segment)
        var numbers = known.map { _ in RowMarks(journeys) }
        for (index, segment) in most.enumerated() {
            guard let column = columns[known[segment.segment.dimension]] else { continue }
            let rows = column.rows(.equals(segment.value), of: journeys)
            numbers[segment.segment.dimension].mark(rows, UInt8(index + 1))
        }
        self.numbers = numbers
    }

    /// Puts the numbers of a journey's path rows into `segments`, row by row.
    ///
    /// - Parameter first: the position of row 0.
    func read(_ rows: [PathRow], first: Position, into segments: inout [UInt8]) {
        segments.removeAll(keepingCapacity: true)
        for row in rows {
            for dimension in numbers.indices { segments.append(numbers[dimension][EventTable.Row(row.position - first)]) }
        }
    }

    /// Appends for each dimension the number of the first value of a journey that is told apart; zero where it has none.
    func read(_ journey: JourneyRows, into firsts: inout [[UInt32]]) {
        for dimension in numbers.indices {
            let first = journey.firstIndex { numbers[dimension][$0.row] != 0 }
            firsts[dimension].append(first.map { UInt32(numbers[dimension][journey[$0].row]) } ?? 0)
        }
    }

    /// How cases are told apart by a dimension.
    ///
    /// - Parameter firsts: by journey, the number of its value.
    func split(_ dimension: Int, _ firsts: [UInt32]) -> Friction.Split {
        // A text and a number that read the same are one value.
        var (places, texts): ([UInt32], [String]) = ([0], [""])
        var known: [String: UInt32] = ["": 0]
        for segment in segments {
            guard segment.dimension == dimension else {
                places.append(0)
                continue
            }
            if known[segment.value] == nil {
                known[segment.value] = UInt32(texts.count)
                texts.append(segment.value)
            }
            places.append(known[segment.value] ?? 0)
        }
        return Friction.Split(
            field: fields[dimension].name, texts: texts, numbers: firsts.map { places[Int($0)] }, isAskedFor: false)
    }
}
