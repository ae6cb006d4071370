internal import JourneyModel

/// The values of one field in all events, by row of the ``EventTable``.
///
/// Texts are symbols of 4 bytes, numbers doubles of 8; a segment of 65,536 rows takes nothing where none has a value, 4 bytes a row where none
/// is a number, 8 otherwise; a full one has them in a file without a name. Distinct texts are kept once.
package struct PropertyColumn: Sendable {
    enum Segment: Sendable {
        case none(count: Int)
        case symbols(Column<UInt32>)
        case values(Column<UInt64>)

        var count: Int {
            switch self {
            case .none(let count): count
            case .symbols(let symbols): symbols.count
            case .values(let values): values.count
            }
        }

        subscript(offset: Int) -> PropertyValue {
            switch self {
            case .none: .none
            case .symbols(let symbols): PropertyValue(symbol: symbols[offset])
            case .values(let values): PropertyValue(bits: values[offset])
            }
        }
    }

    /// The field.
    package let field: EventField
    private(set) var segments: [Segment] = []
    private(set) var texts = SymbolTable()
    /// By the row of a correction, the value that the corrected event has by it.
    private(set) var corrected: [EventTable.Row: PropertyValue] = [:]
    /// How many rows are covered.
    package private(set) var count = 0

    init(_ field: EventField) {
        self.field = field
    }

    /// Bytes, in files or memory.
    package var memory: Int {
        segments.reduce(texts.memory + 24 * corrected.count) { total, segment in
            switch segment {
            case .none: total
            case .symbols(let symbols): total + 4 * symbols.count
            case .values(let values): total + 8 * values.count
            }
        }
    }

    /// The value of `row`, as it came.
    package func value(_ row: EventTable.Row) -> PropertyValue {
        segments[Int(row) >> EventSegment.shift][Int(row) & EventSegment.mask]
    }

    /// The value of `row` with its correction, if it has one.
    package func value(_ row: EventTable.Row, _ effects: Effects) -> PropertyValue {
        guard isCorrectable, !effects.corrections.isEmpty, let correction = effects.corrections[row] else { return value(row) }
        return corrected[correction] ?? .none
    }

    /// What a value is, where it is not a number and not nothing.
    package func text(_ value: PropertyValue) -> PropertyText? {
        guard let symbol = value.symbol, symbol != PropertyValue.noSymbol else { return nil }
        return texts.withBytes(symbol) { PropertyText(key: $0) }
    }

    /// The rows of `journeys` whose value, corrections included, passes `test`.
    ///
    /// - Complexity: O(rows) of about a nanosecond, and O(distinct texts).
    package func rows(_ test: ValueTest, of journeys: Journeys) -> RowSet {
        var rows = RowSet(journeys)
        let passing = passingTexts(test)
        let none = test.passesNone
        func symbolPasses(_ symbol: UInt32) -> Bool { symbol == PropertyValue.noSymbol ? none : passing[Int(symbol)] }
        for (number, segment) in segments.enumerated() where number << EventSegment.shift < rows.count {
            let start = number << EventSegment.shift
            switch segment {
            case .none(let count): if none { rows.insert(from: start, count) }
            case .symbols(let symbols): rows.fill(from: start, symbols.span, symbolPasses)
            case .values(let values): PropertyColumn.fill(&rows, from: start, values.span, test, symbolPasses)
            }
        }
        guard isCorrectable else { return rows }
        for (row, correction) in journeys.effects.corrections where row < journeys.rowCount {
            rows.set(row, passes(corrected[correction] ?? .none, test, passing))
        }
        return rows
    }

    /// How many of the rows before `end` have each value, corrections included.
    ///
    /// - Complexity: O(rows); only numbers are hashed.
    package func counts(before end: EventTable.Row, _ effects: Effects) -> [PropertyValue: Int] {
        var symbols = [Int](repeating: 0, count: texts.count)
        var (counts, none): ([PropertyValue: Int], Int) = ([:], 0)
        func count(_ value: PropertyValue, _ times: Int) {
            guard let symbol = value.symbol else { return counts[value, default: 0] += times }
            if symbol == PropertyValue.noSymbol { none += times } else { symbols[Int(symbol)] += times }
        }
        for (number, segment) in segments.enumerated() where number << EventSegment.shift < Int(end) {
            let rows = Int(end) - number << EventSegment.shift
            switch segment {
            case .none(let count): none += min(count, rows)
            case .symbols(let values): for symbol in values.prefix(rows) { count(PropertyValue(symbol: symbol), 1) }
            case .values(let values): for bits in values.prefix(rows) { count(PropertyValue(bits: bits), 1) }
            }
        }
        if isCorrectable {
            for (row, correction) in effects.corrections where row < end {
                count(value(row), -1)
                count(corrected[correction] ?? .none, 1)
            }
        }
        for (symbol, times) in symbols.enumerated() { counts[PropertyValue(symbol: UInt32(symbol))] = times }
        counts[.none] = none
        return counts.filter { $0.value > 0 }
    }

    // A correction brings other data, and nothing else.
    private var isCorrectable: Bool { if case .data = field { true } else { false } }

    // One loop a kind of test, so that the test is not chosen anew for each value.
    private static func fill(
        _ rows: inout RowSet, from start: Int, _ values: Span<UInt64>, _ test: ValueTest, _ symbolPasses: (UInt32) -> Bool
    ) {
        @inline(__always)
        func run(_ passes: (Double) -> Bool) {
            rows.fill(from: start, values) { bits in
                let value = PropertyValue(bits: bits)
                return if let symbol = value.symbol { symbolPasses(symbol) } else { passes(Double(bitPattern: bits)) }
            }
        }
        switch test {
        case .equals(.number(let limit)): run { $0 == limit }
        case .less(.number(let limit)): run { $0 < limit }
        case .lessOrEqual(.number(let limit)): run { $0 <= limit }
        case .greater(.number(let limit)): run { $0 > limit }
        case .greaterOrEqual(.number(let limit)): run { $0 >= limit }
        default: run { test.passes($0) }
        }
    }

    private func passes(_ value: PropertyValue, _ test: ValueTest, _ passing: [Bool]) -> Bool {
        if let number = value.number { return test.passes(number) }
        return value.symbol.map { $0 == PropertyValue.noSymbol ? test.passesNone : passing[Int($0)] } ?? false
    }

    private func passingTexts(_ test: ValueTest) -> [Bool] {
        var passing = [Bool](repeating: false, count: texts.count)
        if let wanted = test.wanted {
            for value in wanted {
                guard let text = value.propertyText else { continue }
                let key = text.key
                if let symbol = texts.symbol(key.span) { passing[Int(symbol)] = true }
            }
        } else {
            for symbol in passing.indices { passing[symbol] = test.passes(texts.withBytes(UInt32(symbol)) { PropertyText(key: $0) }) }
        }
        return passing
    }
}

// MARK: - Taking values in

extension PropertyColumn {
    /// The values of some rows that follow one another, read apart from the column.
    package struct Portion: Sendable {
        var values: [PropertyValue] = []
        var texts = SymbolTable()
        var corrected: [EventTable.Row: PropertyValue] = [:]

        package init() {}

        /// Bytes of memory of the texts.
        package var memory: Int { texts.memory }

        /// What a value is, where it is not a number and not nothing.
        package func text(_ value: PropertyValue) -> PropertyText? {
            guard let symbol = value.symbol, symbol != PropertyValue.noSymbol else { return nil }
            return texts.withBytes(symbol) { PropertyText(key: $0) }
        }

        /// The value that `key` (see ``PropertyText``) stands for; nothing where it is empty.
        mutating func value(_ key: [UInt8]) -> PropertyValue {
            guard !key.isEmpty, let symbol = texts.intern(key.span)?.symbol else { return .none }
            return PropertyValue(symbol: symbol)
        }
    }

    /// Appends the values of the rows behind the last; a portion ends at the latest where its segment does.
    ///
    /// - Parameter scratch: the directory for files of full segments; nil to have them in memory.
    mutating func append(_ portion: Portion, in scratch: String?) {
        var symbols: [UInt32] = []
        for symbol in 0..<portion.texts.count {
            symbols.append(portion.texts.withBytes(UInt32(symbol)) { texts.intern($0)?.symbol } ?? PropertyValue.noSymbol)
        }
        func global(_ value: PropertyValue) -> PropertyValue {
            guard let symbol = value.symbol, symbol != PropertyValue.noSymbol else { return value }
            return PropertyValue(symbol: symbols[Int(symbol)])
        }
        for (row, value) in portion.corrected { corrected[row] = global(value) }
        if count & EventSegment.mask == 0 { segments.append(.none(count: 0)) }
        count += portion.values.count
        let last = segments.removeLast()
        segments.append(PropertyColumn.joined(last, portion.values.map(global), in: scratch))
    }

    private static func joined(_ segment: Segment, _ values: [PropertyValue], in scratch: String?) -> Segment {
        let (old, count) = (segment.count, segment.count + values.count)
        func value(_ offset: Int) -> PropertyValue { offset < old ? segment[offset] : values[offset - old] }
        if case .none = segment, values.allSatisfy(\.isNone) { return .none(count: count) }
        if case .values = segment { return .values(column(count, in: scratch) { value($0).bits }) }
        if values.contains(where: { $0.symbol == nil }) { return .values(column(count, in: scratch) { value($0).bits }) }
        return .symbols(column(count, in: scratch) { value($0).symbol ?? PropertyValue.noSymbol })
    }

    private static func column<Value: BitwiseCopyable>(_ count: Int, in scratch: String?, _ value: (Int) -> Value) -> Column<Value> {
        var layout = ColumnLayout()
        let place = layout.add(Value.self, count)
        let bytes = ColumnBytes(count: layout.count)
        bytes.fill(place, value)
        return Column(count < EventSegment.capacity ? bytes : bytes.stored(in: scratch), place)
    }
}
