import CommandLineTools
import Testing

/// A file read in chunks that end at the given offsets: its rows with their lines, or the fault.
func rows(of bytes: [UInt8], cutAt cuts: [Int] = []) throws -> [(fields: [[UInt8]], line: Int)] {
    var reader = CSVReader()
    var rows: [(fields: [[UInt8]], line: Int)] = []
    let collect = { (row: CSVRow, line: Int) in rows.append(((0..<row.count).map { Array(row[$0]) }, line)) }
    var start = 0
    for cut in cuts + [bytes.count] {
        try reader.feed(bytes.span.extracting(start..<cut), collect)
        start = cut
    }
    try reader.finish(collect)
    return rows
}

func rows(of text: String) throws -> [[String]] {
    try rows(of: Array(text.utf8)).map { row in row.fields.map { String(decoding: $0, as: UTF8.self) } }
}

func fault(of text: String) -> CSVFault? {
    #expect(throws: CSVFault.self) { try rows(of: text) }
}

@Suite struct CSVReaderTests {
    @Test func readsWhatTheStandardSays() throws {
        #expect(try rows(of: "aaa,bbb\r\nccc,ddd\r\n") == [["aaa", "bbb"], ["ccc", "ddd"]])
        #expect(try rows(of: "aaa,bbb\nccc,ddd") == [["aaa", "bbb"], ["ccc", "ddd"]])
        #expect(try rows(of: "\"a\",\"b\r\nb\",\"c\"\"c\",\"\",\r\n") == [["a", "b\r\nb", "c\"c", "", ""]])
        #expect(try rows(of: " a , b") == [[" a ", " b"]])
        #expect(try rows(of: "") == [])
    }

    @Test func blankLinesAreNoRows() throws {
        #expect(try rows(of: "a\n\n\r\nb\n\"\"\n,\n") == [["a"], ["b"], [""], ["", ""]])
    }

    @Test func byteOrderMarkIsSkippedOnce() throws {
        #expect(try rows(of: "\u{FEFF}a,\u{FEFF}b") == [["a", "\u{FEFF}b"]])
        #expect(try rows(of: "\u{FEFF}\"a,b\"") == [["a,b"]])
        #expect(try rows(of: [0xEF, 0xBB]).map(\.fields) == [[[0xEF, 0xBB]]])
        #expect(try rows(of: [0xEF, 0x2C, 0x61]).map(\.fields) == [[[0xEF], [0x61]]])
    }

    @Test func rowsKnowTheirLines() throws {
        let lines = try rows(of: Array("a\n\n\"b\nb\nb\"\r\nc\n".utf8)).map(\.line)
        #expect(lines == [1, 3, 6])
    }

    @Test func faultsNameLineAndReason() throws {
        #expect(fault(of: "a\nb\"c\n")?.description == "line 2: a quote in a field that does not begin with one")
        #expect(fault(of: "a\n\n\"b\"c\n")?.description == "line 3: text after a closing quote")
        #expect(fault(of: "a\n\"b\nc\n")?.description == "line 2: a quote is opened and never closed")
        #expect(fault(of: "a\rb\n")?.description == "line 1: a carriage return without a line feed")
        #expect(fault(of: "a\r")?.description == "line 1: a carriage return without a line feed")
    }

    @Test func sizesAreBounded() throws {
        let field = String(repeating: "x", count: CSVReader.maximumField)
        #expect(try rows(of: field).first?.first?.utf8.count == CSVReader.maximumField)
        #expect(fault(of: "a\n" + field + "x")?.description == "line 2: a field is longer than 1048576 bytes")
        let full = [field, field, field, field].joined(separator: ",")
        #expect(try rows(of: full).first?.count == 4)
        #expect(fault(of: full + ",x")?.description == "line 1: the row is longer than 4194304 bytes")
    }

    @Test func aRowKnowsWhetherItIsText() throws {
        var reader = CSVReader()
        try reader.feed([0x61, 0x2C, 0xFF, 0x0A].span) { row, _ in
            #expect(row.text(0) == "a")
            #expect(row.text(1) == nil)
            #expect(row.texts == ["a", "\u{FFFD}"])
        }
    }

    /// What is written in any legal way comes back, wherever the chunks are cut.
    @Test func roundTrip() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = Numbers(state: seed)
        for round in 0..<60 {
            let file = CSVFile(&random)
            for cut in 0...file.bytes.count {
                let read = try rows(of: file.bytes, cutAt: [cut]).map(\.fields)
                try #require(read == file.rows, "seed \(seed), round \(round), cut at \(cut)")
            }
            let read = try rows(of: file.bytes, cutAt: Array(0..<file.bytes.count)).map(\.fields)
            try #require(read == file.rows, "seed \(seed), round \(round), cut everywhere")
        }
    }
}

/// A seeded sequence, so that a failure can be repeated.
struct Numbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ state >> 33
    }
}

/// Random rows, and one of the ways to write them.
struct CSVFile {
    var rows: [[[UInt8]]] = []
    var bytes: [UInt8] = []

    init(_ random: inout Numbers) {
        if Bool.random(using: &random) { bytes = [0xEF, 0xBB, 0xBF] }
        for _ in 0..<Int.random(in: 0...4, using: &random) {
            var row: [[UInt8]] = []
            for column in 0..<Int.random(in: 1...4, using: &random) {
                let alphabet = Array("ab \",\r\né".utf8)
                let length = Int.random(in: 0...5, using: &random)
                let field = (0..<length).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &random)] }
                if column > 0 { bytes.append(UInt8(ascii: ",")) }
                write(field, isFirst: column == 0, &random)
                row.append(field)
            }
            rows.append(row)
            bytes += Array((Bool.random(using: &random) ? "\r\n" : "\n").utf8)
        }
    }

    private mutating func write(_ field: [UInt8], isFirst: Bool, _ random: inout Numbers) {
        let needsQuotes = field.contains { Array("\",\r\n".utf8).contains($0) } || (isFirst && field.isEmpty)
        guard needsQuotes || Bool.random(using: &random) else { return bytes += field }
        let quote = UInt8(ascii: "\"")
        bytes.append(quote)
        for byte in field { bytes += byte == quote ? [quote, quote] : [byte] }
        bytes.append(quote)
    }
}
