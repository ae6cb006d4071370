import ControlInterface
import EventLog
import JourneyModel
import Questions
import TestSupport
import Testing
import Timelines
import Views

/// The stream of lines as a machine: the same lines, however they are cut, give the same events and the same rejections.
@Suite struct LineIngestTests {
    private static let text =
        [
            eventJSON("1"), "", eventJSON("2", subject: "nonsense"), eventJSON("3", time: "2026-02-30T00:00:00Z"), "{",
            eventJSON("4", data: #"{"p":"\#(String(repeating: "x", count: 70_000))"}"#),
            eventJSON("5", data: #"{"p":"\#(String(repeating: "x", count: 200_000))"}"#), "  \r", eventJSON("6"),
        ].joined(separator: "\n")

    /// Feeds the text in pieces and stores each portion; the answer's lines in order.
    private func answer(_ pieces: [[UInt8]]) async throws -> [JSONValue] {
        let scratch = try Scratch()
        let directory = try DataDirectory(path: scratch.path + "/data")
        let log = try EventLog(directory: directory, options: .small)
        let views = try JourneyViews(log: log, map: .shipped(), directory: directory, mapSize: 1 << 26)
        let columns = JourneyColumns(log: log)
        let kept = try KeptViews(views, QuestionEngine(columns), directory: directory)
        defer {
            log.close()
            kept.close()
            views.close()
            columns.close()
        }
        let interface = ControlInterface(
            log: log, views: views, kept: kept, columns: columns, catalogue: try .shipped(), access: AccessPolicy(trusted: [0]),
            version: "test")
        var ingest = LineIngest(interface, interface.access.emission(Caller(user: 0, groups: [])))
        var lines: [JSONValue] = []
        func drain() async throws {
            while let portion = ingest.nextPortion() {
                let outcome = try await log.appendAndWait(portion.batch, isAtomic: false).get()
                let line = ingest.stored(portion, outcome)
                lines.append(try JSONValue(line.span))
            }
        }
        for piece in pieces {
            var taken = 0
            while taken < piece.count {
                taken = ingest.take(piece.span, from: taken)
                if ingest.isPortionFull { try await drain() }
            }
        }
        ingest.end()
        try await drain()
        #expect(ingest.isDone)
        #expect(try log.allEvents().map(\.id) == ["1", "6"])
        return lines
    }

    @Test(arguments: [1 << 30, 100_000, 4096, 1000, 77])
    func cutsDoNotMatter(size: Int) async throws {
        let bytes = Array(Self.text.utf8)
        let pieces = stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0..<min(bytes.count, $0 + size)]) }
        let lines = try await answer(pieces)
        let rejected = lines.flatMap { $0["rejected"]?.elements ?? [] }
        #expect(rejected.map { $0["line"]?.integer } == [3, 4, 5, 6, 7])
        #expect(
            rejected.map { $0["code"]?.text } == ["invalid-event", "invalid-time", "malformed-json", "too-large", "too-large"])
        #expect(lines.compactMap { $0["lines"]?.integer }.reduce(0, +) == 9)
        #expect(lines.compactMap { $0["appended"]?.integer }.reduce(0, +) == 2)
        #expect(lines.map { $0["done"] == .bool(true) } == Array(repeating: false, count: lines.count - 1) + [true])
    }
}
