package import EventLog
internal import JourneyModel

/// Reads the values of several fields out of records, in one walk over the `data` of each.
package struct PropertyScan: Sendable {
    /// Most fields of one scan: one bit each.
    package static let maximumFields = 64

    package let fields: [EventField]
    private let paths: [[FieldMap.Name]]
    private let all: UInt64

    package init(_ fields: [EventField]) {
        precondition(fields.count <= PropertyScan.maximumFields)
        self.fields = fields
        let paths: [[FieldMap.Name]] = fields.map { field in
            if case .data(let names) = field { names.map { FieldMap.Name($0) } } else { [] }
        }
        self.paths = paths
        all = paths.indices.reduce(0) { paths[$1].isEmpty ? $0 : $0 | 1 << UInt64($1) }
    }

    /// The values of the rows `rows`, a portion a field.
    ///
    /// - Throws: where the log cannot be read; a row that retention took away in the meantime ends the portion early.
    func portions(_ log: EventLog, first: Position, rows: Range<Int>) throws(LogError) -> [PropertyColumn.Portion] {
        var portions = fields.map { _ in PropertyColumn.Portion() }
        var found = [PropertyValue](repeating: .none, count: fields.count)
        // By symbol, as long as a question lasts.
        var correctedSymbol: UInt32?
        try log.read(after: first + Position(rows.lowerBound) - 1) { (record, bytes) in
            guard record.position < first + Position(rows.upperBound) else { return false }
            read(record, bytes, data: record.data, log, &found, &portions)
            for index in fields.indices { portions[index].values.append(found[index]) }
            if isCorrection(record, bytes, log, &correctedSymbol) { readCorrection(record, bytes, first, &portions) }
            return true
        }
        return portions
    }

    /// Reads the values of one record.
    ///
    /// - Parameters:
    ///   - data: where in `bytes` the object is whose fields count; empty for none.
    ///   - found: by field, its value.
    ///   - texts: by field, where values are kept that are no numbers.
    package func read(
        _ record: EventRecord, _ bytes: Span<UInt8>, data: Range<Int>, _ log: EventLog, _ found: inout [PropertyValue],
        _ texts: inout [PropertyColumn.Portion]
    ) {
        for index in fields.indices { found[index] = .none }
        if !data.isEmpty { read(data: bytes.extracting(data), &found, &texts) }
        for index in fields.indices {
            switch fields[index] {
            case .data, .time: continue
            case .type: found[index] = texts[index].text(log.type(record, bytes))
            case .source: found[index] = texts[index].text(log.source(record, bytes))
            case .subject: found[index] = texts[index].text(bytes.extracting(record.subject))
            case .account: if !record.account.isEmpty { found[index] = texts[index].text(bytes.extracting(record.account)) }
            }
        }
    }

    /// Reads the values of fields of `data` out of an object.
    package func read(data: Span<UInt8>, _ found: inout [PropertyValue], _ texts: inout [PropertyColumn.Portion]) {
        guard all != 0 else { return }
        var (seen, start): (UInt64, Int) = (0, 0)
        // It passed the reader before it was stored.
        try? walk(data, &start, depth: 0, active: all, &seen) { (index, value) in
            found[index] = PropertyScan.value(data, value, &texts[index])
        }
    }

    /// The data that a correction brings: what other events then have in the place of their own.
    private func readCorrection(
        _ record: EventRecord, _ bytes: Span<UInt8>, _ first: Position, _ portions: inout [PropertyColumn.Portion]
    ) {
        let row = EventTable.Row(record.position - first)
        var start = record.data.lowerBound
        try? JSONScanner.members(bytes, &start, depth: 0) { (key, index) throws(JSONFault) in
            let isData = JSONText.equals(bytes, key, "data") && bytes[index] == UInt8(ascii: "{")
            guard isData else { return try JSONScanner.skipValue(bytes, &index) }
            var seen: UInt64 = 0
            try walk(bytes, &index, depth: 0, active: all, &seen) { (field, value) in
                portions[field].corrected[row] = PropertyScan.value(bytes, value, &portions[field])
            }
        }
    }

    private func isCorrection(_ record: EventRecord, _ bytes: Span<UInt8>, _ log: EventLog, _ symbol: inout UInt32?) -> Bool {
        if let symbol { return record.type == symbol }
        guard EventRole(type: log.type(record, bytes)) == .corrected else { return false }
        if record.type != EventRecord.unlisted { symbol = record.type }
        return true
    }

    /// Calls `found` with the first value of each path that is there. `active` are the paths that lead to this object.
    private func walk(
        _ bytes: Span<UInt8>, _ index: inout Int, depth: Int, active: UInt64, _ seen: inout UInt64,
        _ found: (_ path: Int, _ value: Range<Int>) -> Void
    ) throws(JSONFault) {
        try JSONScanner.members(bytes, &index, depth: depth) { (key, index) throws(JSONFault) in
            var inner: UInt64 = 0
            var here: UInt64 = 0
            var rest = active & ~seen
            while rest != 0 {
                let path = rest.trailingZeroBitCount
                rest &= rest - 1
                guard paths[path].count > depth, paths[path][depth].equals(bytes, key) else { continue }
                if paths[path].count == depth + 1 { here |= 1 << UInt64(path) } else { inner |= 1 << UInt64(path) }
            }
            let start = index
            if inner != 0, bytes[index] == UInt8(ascii: "{") {
                try walk(bytes, &index, depth: depth + 1, active: inner, &seen, found)
            } else {
                try JSONScanner.skipValue(bytes, &index, depth: depth + 1)
            }
            // Of members with the same name the first counts, whatever it is.
            seen |= inner | here
            while here != 0 {
                found(here.trailingZeroBitCount, start..<index)
                here &= here - 1
            }
        }
    }

    private static func value(_ bytes: Span<UInt8>, _ range: Range<Int>, _ portion: inout PropertyColumn.Portion) -> PropertyValue {
        var key: [UInt8] = []
        if let number = PropertyText.read(bytes, range, key: &key) { return PropertyValue(number: number) }
        return portion.value(key)
    }
}

extension PropertyColumn.Portion {
    fileprivate mutating func text(_ text: String) -> PropertyValue {
        value(PropertyText.text(text).key)
    }

    fileprivate mutating func text(_ text: Span<UInt8>) -> PropertyValue {
        self.text(String(decoding: text.bytes(), as: UTF8.self))
    }
}
