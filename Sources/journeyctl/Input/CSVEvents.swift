internal import CommandLineTools
internal import JourneyModel

/// The rows of a CSV file as a stream of events, one JSON text a line.
struct CSVEvents: AsyncSequence, Sendable {
    private let file: InputFile
    private let map: ImportMap
    private let ledger: ImportLedger

    /// - Parameter ledger: learns which rows were sent and which could not become events.
    init(file: InputFile, map: ImportMap, ledger: ImportLedger) {
        self.file = file
        self.map = map
        self.ledger = ledger
    }

    func makeAsyncIterator() -> Iterator {
        Iterator(file: file, rows: RowMapper(map: map, ledger: ledger))
    }

    /// Gives out the events of one piece of the file after the other.
    struct Iterator: AsyncIteratorProtocol {
        private let file: InputFile
        private let rows: RowMapper
        private var reader = CSVReader()
        private var isAtEnd = false

        fileprivate init(file: InputFile, rows: RowMapper) {
            self.file = file
            self.rows = rows
        }

        mutating func next() async throws -> [UInt8]? {
            while !isAtEnd {
                let chunk = try await file.read()
                isAtEnd = chunk == nil
                do {
                    let take = { [rows] (row: CSVRow, line: Int) throws in try rows.take(row, line) }
                    if let chunk { try reader.feed(chunk.span, take) } else { try reader.finish(take) }
                } catch let fault as CSVFault {
                    // The rows before it are good: they are sent, and the fault is told with what became of them.
                    rows.ledger.stopped(at: fault)
                    isAtEnd = true
                } catch let fault as ImportFault {
                    throw InputError(message: "\(file.name): \(TerminalText.escaped("\(fault)"))")
                }
                let lines = rows.takeLines()
                if !lines.isEmpty { return lines }
            }
            return nil
        }
    }
}

/// Turns rows into lines: the first is the header, to which the map is bound.
private final class RowMapper {
    let ledger: ImportLedger
    private let map: ImportMap
    private var bound: BoundMap?
    private var lines: [UInt8] = []

    init(map: ImportMap, ledger: ImportLedger) {
        self.map = map
        self.ledger = ledger
    }

    func take(_ row: CSVRow, _ line: Int) throws(ImportFault) {
        guard let bound else {
            bound = try map.bind(header: row.texts)
            return
        }
        do throws(ImportFault) {
            try bound.event(row: row, line: line, into: &lines)
            ledger.sent(fileLine: line)
        } catch {
            ledger.rejected(fileLine: line, reason: error.reason)
        }
    }

    func takeLines() -> [UInt8] {
        defer { lines = [] }
        return lines
    }
}
