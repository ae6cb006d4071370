import EventLog
import FoundationEssentials
import JourneyModel
import Questions
import TestSupport
import Testing
import Timelines

/// A log that questions can be asked of.
final class QuestionHouse {
    let log: EventLog
    let columns: JourneyColumns
    private let scratch: Scratch
    private let reader: EventReader

    convenience init() throws {
        try self.init(Scratch())
    }

    private init(_ scratch: Scratch) throws {
        self.scratch = scratch
        var options = EventLog.Options.small
        options.mapSize = 1 << 28
        log = try EventLog(directory: DataDirectory(path: scratch.path + "/data"), options: options)
        reader = EventReader(catalogue: try .shipped())
        columns = JourneyColumns(log: log)
    }

    /// A log with these events.
    static func with(_ texts: [String]) async throws -> QuestionHouse {
        let house = try QuestionHouse()
        try await house.append(texts)
        return house
    }

    func append(_ texts: [String]) async throws {
        var rest = texts[...]
        while !rest.isEmpty {
            _ = try await log.appendAndWait(reader.batch(Array(rest.prefix(5000)))).get()
            rest = rest.dropFirst(5000)
        }
    }

    /// The answer's text.
    func text(_ question: String) throws -> String {
        let utf8 = Array(question.utf8)
        return String(decoding: try QuestionEngine(columns).answer(Question(utf8.span)), as: UTF8.self)
    }

    func ask(_ question: String) throws -> JSONValue {
        try JSONValue(text: text(question))
    }

    /// A file of the shared data; nil where that is not here.
    static func shared(_ name: String) -> String? {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let path = root.deletingLastPathComponent().appending(path: "shared/data/\(name)").path
        return FileManager.default.fileExists(atPath: path) ? path : nil
    }

    /// The level of each journey that entered, by name.
    func levels(_ funnel: String, _ frame: String = "") throws -> [String: Int] {
        let journeys = try #require(try ask(#"{"funnel":\#(funnel),"list":"journeys"\#(frame)}"#)["journeys"]?.elements)
        return Dictionary(uniqueKeysWithValues: journeys.map { ($0["journey"]?.text ?? "", $0["level"]?.integer ?? -1) })
    }

    /// The same log opened anew.
    func reopened() throws -> QuestionHouse {
        close()
        return try QuestionHouse(scratch)
    }

    func close() {
        log.close()
        columns.close()
    }

    deinit {
        close()
    }
}
