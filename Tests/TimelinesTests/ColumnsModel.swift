import EventLog
import FoundationEssentials
import JourneyModel
import Synchronization
import TestSupport
import Timelines

/// A log and its columns.
final class ColumnsHouse {
    let log: EventLog
    private(set) var columns: JourneyColumns
    private let limits: JourneyColumns.Limits
    private let scratch: Scratch
    private let reader: EventReader
    private let told = Losses()

    /// What was told of the stored table.
    private final class Losses: Sendable {
        let all = Mutex([String]())
    }

    /// - Parameters:
    ///   - isSmall: whether chunks and what is packed beside them are so small that journeys are merged all the time.
    ///   - hasRoom: whether there is a directory for files.
    ///   - isStored: whether the table is kept for the next start.
    init(memory: Int = 1 << 30, isSmall: Bool = false, hasRoom: Bool = true, isStored: Bool = false) throws {
        scratch = try Scratch()
        let directory = try DataDirectory(path: scratch.path + "/data")
        log = try EventLog(directory: directory, options: .small)
        reader = EventReader(catalogue: try .shipped())
        var limits = JourneyColumns.Limits()
        limits.memory = memory
        limits.scratch = hasRoom ? scratch.path : scratch.path + "/nowhere"
        if isStored { limits.store = hasRoom ? try directory.directory("views/columns") : scratch.path + "/nowhere" }
        if isSmall { (limits.chunkRows, limits.smallDelta) = (30, 20) }
        self.limits = limits
        columns = JourneyColumns(log: log, limits: limits) { [told] loss in told.all.withLock { $0.append(loss) } }
    }

    func append(_ texts: [String]) async throws {
        _ = try await log.appendAndWait(reader.batch(texts)).get()
    }

    func close() {
        log.close()
        columns.close()
    }

    // MARK: - Other lives

    /// Where the table's files are.
    var store: URL { URL(filePath: limits.store ?? "") }

    /// The names of the table's files.
    var files: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: store.path).sorted() }
    }

    /// What was told of the stored table since the last call.
    func takeLosses() -> [String] {
        told.all.withLock { losses in
            defer { losses = [] }
            return losses
        }
    }

    /// Ends the columns, has something done to their files, and begins with what is left.
    ///
    /// - Parameter isKilled: whether the files are left as they were before the end.
    func restart(isKilled: Bool = false, _ meanwhile: () throws -> Void = {}) throws {
        let copy = scratch.url.appending(path: "copy")
        if isKilled { try FileManager.default.copyItem(at: store, to: copy) }
        columns.close()
        // The thread that has ended may have told of one after somebody asked.
        _ = takeLosses()
        if isKilled {
            try FileManager.default.removeItem(at: store)
            try FileManager.default.moveItem(at: copy, to: store)
        }
        try meanwhile()
        columns = JourneyColumns(log: log, limits: limits) { [told] loss in told.all.withLock { $0.append(loss) } }
    }

    /// Columns that read all from the log.
    func columnsFromLog() -> JourneyColumns {
        var limits = limits
        limits.store = nil
        return JourneyColumns(log: log, limits: limits)
    }
}

/// What events amount to, worked out the slow and obvious way.
struct ColumnsModel {
    let events: [StoredEvent]
    let voided: Set<Position>
    let corrections: [Position: JSONValue]

    init(_ events: [StoredEvent]) {
        self.events = events
        var voided: Set<Position> = []
        var corrections: [Position: JSONValue] = [:]
        let latestFirst = events.sorted { ($0.time, $0.position) > ($1.time, $1.position) }
        for event in latestFirst where event.type.hasPrefix("ops.event.") && !voided.contains(event.position) {
            guard let data = try? JSONValue(event.data.span),
                let target = events.first(where: { $0.source == data["target"]?["source"]?.text && $0.id == data["target"]?["id"]?.text })
            else { continue }
            if event.type == "ops.event.voided" {
                voided.insert(target.position)
            } else if corrections[target.position] == nil {
                corrections[target.position] = data["data"]
            }
        }
        self.voided = voided
        self.corrections = corrections
    }

    func value(_ field: EventField, _ event: StoredEvent) -> JSONValue? {
        switch field {
        case .type: return .string(event.type)
        case .source: return .string(event.source)
        case .subject: return .string(event.subject)
        case .account: return event.account.map { .string($0) }
        case .time: return nil
        case .data(let names):
            var value = corrections[event.position] ?? (try? JSONValue(event.data.span))
            for name in names { value = value?[name] }
            return value
        }
    }

    /// The positions of each journey's events in their order; the journeys in the order of their first positions.
    var journeys: [[Position]] {
        let counting = events.filter { !voided.contains($0.position) }
        var latest: [Set<String>: (time: Timestamp, position: Position, isLink: Bool)] = [:]
        func assert(_ first: String, _ second: String, _ event: StoredEvent, _ isLink: Bool) {
            guard first != second else { return }
            let known = latest[[first, second]]
            // Of what one event says of a pair, that it parts them counts.
            if known.map({ ($0.time, $0.position) <= (event.time, event.position) }) ?? true {
                latest[[first, second]] = (event.time, event.position, isLink)
            }
        }
        for event in counting {
            if let account = event.account { assert(event.subject, account, event, true) }
            guard let data = try? JSONValue(event.data.span) else { continue }
            if event.type.hasPrefix("ops.identity."), let first = data["a"]?.text, let second = data["b"]?.text {
                assert(first, second, event, event.type == "ops.identity.linked")
            } else if event.type == "ops.record.merged", let winner = data["winner"]?.text {
                for loser in data["losers"]?.elements ?? [] { if let loser = loser.text { assert(winner, loser, event, true) } }
            }
        }
        var group: [String: String] = [:]
        func root(_ subject: String) -> String {
            var subject = subject
            while let next = group[subject] { subject = next }
            return subject
        }
        for (pair, assertion) in latest where assertion.isLink {
            let roots = Set(pair.map(root)).sorted()
            if roots.count == 2 { group[roots[1]] = roots[0] }
        }
        let journeys = Dictionary(grouping: counting) { root($0.subject) }.values.map { events in
            events.sorted { ($0.time, $0.position) < ($1.time, $1.position) }.map(\.position)
        }
        return journeys.sorted { ($0.min() ?? 0) < ($1.min() ?? 0) }
    }
}
