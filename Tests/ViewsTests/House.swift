import EventLog
import JourneyModel
import Questions
import TestSupport
import Testing
import Timelines
import Views

/// A log and its views on a directory.
final class House: Sendable {
    let log: EventLog
    let views: JourneyViews
    let columns: JourneyColumns
    let kept: KeptViews

    private init(log: EventLog, views: JourneyViews, columns: JourneyColumns, kept: KeptViews) {
        (self.log, self.views, self.columns, self.kept) = (log, views, columns, kept)
    }

    /// - Parameters:
    ///   - retryPause: after how long the built-in views try again what could not be read.
    ///   - reader: what works out the meaning of events for kept views; the real one where nil.
    ///   - prepare: called with the log before the views begin to read it.
    static func open(
        _ scratch: Scratch, limits: KeptViews.Limits = KeptViews.Limits(), retryPause: Duration = .seconds(30),
        reader: KeptViews.ReaderMaking? = nil, prepare: (EventLog) async throws -> Void = { _ in }
    ) async throws -> House {
        let directory = try DataDirectory(path: scratch.path + "/data")
        let log = try EventLog(directory: directory, options: .small)
        try await prepare(log)
        let map = try StageMap.shipped()
        let views = try JourneyViews(log: log, map: map, directory: directory, mapSize: 1 << 26, retryPause: retryPause)
        let columns = JourneyColumns(log: log)
        let kept = try KeptViews(views, QuestionEngine(columns), directory: directory, limits: limits, reader: reader)
        return House(log: log, views: views, columns: columns, kept: kept)
    }

    /// Opens one and appends batches one after another; behind one of them it is closed and opened again, if asked for.
    ///
    /// - Parameter before: called before each batch with its number.
    static func open(
        _ scratch: Scratch, batches: [[String]], restartAfter: Int?, before: (House, Int) throws -> Void = { (_, _) in }
    ) async throws -> House {
        let reader = EventReader(catalogue: try .shipped())
        // Optional, so that the old one is gone before the directory is opened again.
        var house: House? = try await House.open(scratch)
        for (number, batch) in batches.enumerated() {
            if let house { try before(house, number) }
            _ = try await house?.log.appendAndWait(reader.batch(batch)).get()
            guard number == restartAfter else { continue }
            house?.close()
            house = nil
            house = try await House.open(scratch)
        }
        return try #require(house)
    }

    /// What the views say at a moment when they have all that is stored: the funnel, the frictions, the funnel by a field, and kept views.
    func answers(at moment: String, by field: String? = nil, kept names: [String] = []) async throws -> [[UInt8]] {
        await caughtUp()
        var query = ViewQuery()
        query.at = Timestamp(moment)
        var answers = [try views.funnel(query), try views.friction(query)]
        if let field {
            query.by = field
            answers.append(try views.funnel(query))
        }
        for name in names {
            await caughtUp(name)
            var asked = KeptViews.Query()
            asked.at = query.at
            answers.append(try kept.answer(name, asked))
        }
        return answers
    }

    /// Every number of an answer, without the positions at which they are told.
    static func numbers(_ answer: [UInt8]) throws -> String {
        let members = try JSONValue(answer.span).members ?? []
        let numbers = members.filter { ["stages", "frictions", "steps", "groups"].contains($0.name) }
        return String(decoding: JSONValue.object(numbers).canonicalText, as: UTF8.self)
    }

    var engine: QuestionEngine { QuestionEngine(columns) }

    /// Waits until the views have seen all that is stored, under the map in force.
    func caughtUp() async {
        await withCheckedContinuation { continuation in
            views.whenSeen(log.tail) { continuation.resume() }
        }
        while views.isOutdated { await Task.yield() }
    }

    /// Waits until the kept view answers by itself and has all that is stored.
    func caughtUp(_ name: String) async {
        while kept.statuses.contains(where: { $0.name == name && $0.state == .building }) { await Task.yield() }
        await withCheckedContinuation { continuation in
            kept.whenSeen(name, nil, log.tail) { continuation.resume() }
        }
    }

    func close() {
        log.close()
        kept.close()
        views.close()
        columns.close()
    }
}
