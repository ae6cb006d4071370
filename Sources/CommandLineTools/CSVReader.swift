/// Reads CSV (RFC 4180) from chunks of bytes that may be cut anywhere.
///
/// Lines end in CR LF or LF, a byte order mark at the beginning is skipped, and a line without any character is no row (a row of one empty
/// field is written `""`). A quote in the midst of an unquoted field, text after a closing quote and a lone CR are faults rather than
/// guesses. At most one row is in memory; its size is bounded.
package struct CSVReader: Sendable {
    /// Longest field, in bytes.
    package static let maximumField = 1 << 20
    /// Longest row, in bytes of its fields.
    package static let maximumRow = 4 << 20

    private enum State {
        case rowStart, fieldStart, unquoted, quoted
        /// After a quote in a quoted field: its end, or the first half of a doubled quote.
        case quoteSeen
        case carriageReturnSeen
    }

    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    private var state = State.rowStart
    private var row = CSVRow()
    /// How many bytes of a byte order mark have come; nil once it has come whole or cannot come any more.
    private var markBytes: Int? = 0
    private var line = 1
    private var lineOfRow = 1
    private var lineOfQuote = 1

    package init() {}

    /// Reads on.
    ///
    /// - Parameter body: gets each row that is complete and the line on which it begins.
    /// - Throws: ``CSVFault``, or what `body` throws. The reader is of no further use then.
    package mutating func feed(_ bytes: Span<UInt8>, _ body: (CSVRow, _ line: Int) throws -> Void) throws {
        for index in 0..<bytes.count {
            if markBytes == nil {
                try take(bytes[index], body)
            } else {
                try takeFirst(bytes[index], body)
            }
        }
    }

    /// Ends the file: gives out the last row where no line end follows it.
    package mutating func finish(_ body: (CSVRow, _ line: Int) throws -> Void) throws {
        try giveUpMark(body)
        switch state {
        case .rowStart: return
        case .quoted: throw CSVFault(line: lineOfQuote, reason: "a quote is opened and never closed")
        case .carriageReturnSeen: throw loneCarriageReturn
        case .fieldStart, .unquoted, .quoteSeen:
            row.endField()
            try endRow(body)
        }
    }

    private mutating func takeFirst(_ byte: UInt8, _ body: (CSVRow, Int) throws -> Void) throws {
        guard let count = markBytes, byte == CSVReader.byteOrderMark[count] else {
            try giveUpMark(body)
            return try take(byte, body)
        }
        markBytes = count + 1 < CSVReader.byteOrderMark.count ? count + 1 : nil
    }

    /// What looked like a byte order mark was text.
    private mutating func giveUpMark(_ body: (CSVRow, Int) throws -> Void) throws {
        let count = markBytes ?? 0
        markBytes = nil
        for byte in CSVReader.byteOrderMark.prefix(count) { try take(byte, body) }
    }

    private mutating func take(_ byte: UInt8, _ body: (CSVRow, Int) throws -> Void) throws {
        switch state {
        case .quoted:
            if byte == UInt8(ascii: "\"") {
                state = .quoteSeen
            } else {
                if byte == UInt8(ascii: "\n") { line += 1 }
                try append(byte)
            }
        case .carriageReturnSeen:
            guard byte == UInt8(ascii: "\n") else { throw loneCarriageReturn }
            try endRow(body)
        case .rowStart, .fieldStart, .unquoted, .quoteSeen:
            try takeOutsideQuotes(byte, body)
        }
    }

    private mutating func takeOutsideQuotes(_ byte: UInt8, _ body: (CSVRow, Int) throws -> Void) throws {
        switch byte {
        case UInt8(ascii: ","):
            row.endField()
            state = .fieldStart
        case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
            if state != .rowStart { row.endField() }
            if byte == UInt8(ascii: "\n") { try endRow(body) } else { state = .carriageReturnSeen }
        case UInt8(ascii: "\""):
            guard state != .unquoted else { throw CSVFault(line: line, reason: "a quote in a field that does not begin with one") }
            if state == .quoteSeen { try append(byte) } else { lineOfQuote = line }
            state = .quoted
        default:
            guard state != .quoteSeen else { throw CSVFault(line: line, reason: "text after a closing quote") }
            try append(byte)
            state = .unquoted
        }
    }

    private mutating func append(_ byte: UInt8) throws {
        guard row.sizeOfLastField < CSVReader.maximumField else {
            throw CSVFault(line: lineOfRow, reason: "a field is longer than \(CSVReader.maximumField) bytes")
        }
        guard row.size < CSVReader.maximumRow else {
            throw CSVFault(line: lineOfRow, reason: "the row is longer than \(CSVReader.maximumRow) bytes")
        }
        row.append(byte)
    }

    private mutating func endRow(_ body: (CSVRow, Int) throws -> Void) throws {
        if row.count > 0 { try body(row, lineOfRow) }
        row.removeAll()
        state = .rowStart
        line += 1
        lineOfRow = line
    }

    private var loneCarriageReturn: CSVFault {
        CSVFault(line: line, reason: "a carriage return without a line feed")
    }
}
