internal import EventLog
internal import JourneyModel
internal import LMDB
internal import Timelines

/// The checkpoint of the timelines: an LMDB environment that may be thrown away, as the log can always be replayed.
///
/// One entry a subject with its name and entries, one a link, one a dimension value or set. A checkpoint writes what was touched
/// since the last one, in one transaction with the position it holds for: after a crash the replay goes on from there.
struct ViewStore: Sendable {
    // Change it whenever an entry means something else: checkpoints of another format are thrown away.
    private static let format = "1"

    private let environment: Environment
    private let subjects: Database
    private let links: Database
    private let values: Database
    private let sets: Database
    private let about: Database

    /// Opens the store in `directory`; it can grow to `mapSize` bytes.
    init(directory: String, mapSize: Int) throws(LMDBError) {
        environment = try Environment(directory: directory, mapSize: mapSize, databases: 8)
        subjects = try environment.database("subjects")
        links = try environment.database("links")
        values = try environment.database("values")
        sets = try environment.database("sets")
        about = try environment.database("about")
    }

    /// The timelines as of the last checkpoint, or nil where there is none that was made under `definition`.
    ///
    /// - Parameter anchor: what the log holds at a position, in a few words: a checkpoint of another log is not used.
    func load(map: StageMap, definition: String, anchor: (Position) -> String?) throws(LMDBError) -> Timelines? {
        try environment.read { transaction throws(LMDBError) in
            guard try text("format", transaction) == ViewStore.format, try text("definition", transaction) == definition,
                let stored = try text("position", transaction), let position = Position(stored),
                try text("anchor", transaction) == anchor(position)
            else { return nil }
            var timelines = Timelines(map: map)
            try transaction.scan(values, from: .number(0)) { (_, value) in timelines.restore(value: value) }
            try transaction.scan(sets, from: .number(0)) { (_, set) in timelines.restore(set: set) }
            try transaction.scan(subjects, from: .number(0)) { (_, stored) in timelines.restore(subject: stored) }
            try transaction.scan(links, from: .number(0)) { (key, stored) in timelines.restore(link: Key.number(key), stored) }
            return timelines.restored(at: position)
        }
    }

    private func text(_ key: String, _ transaction: borrowing ReadTransaction) throws(LMDBError) -> String? {
        try transaction.value(about, .text(key)) { String(decoding: $0.bytes(), as: UTF8.self) }
    }

    /// Throws all of it away.
    func clear() throws(LMDBError) {
        try environment.write { transaction throws(LMDBError) in
            for database in [subjects, links, values, sets, about] { try transaction.empty(database) }
        }
    }

    /// Stores what changed since the last checkpoint.
    func save(_ changes: Timelines.Changes, definition: String, anchor: String) throws(LMDBError) {
        try environment.write { transaction throws(LMDBError) in
            for (number, bytes) in changes.subjects { try transaction.put(subjects, .number(number), bytes.span) }
            for (number, bytes) in changes.links { try transaction.put(links, .number(number), bytes.span) }
            for (number, bytes) in changes.values { try transaction.put(values, .number(number), bytes.span) }
            for (number, bytes) in changes.sets { try transaction.put(sets, .number(number), bytes.span) }
            for (key, text) in [
                ("format", ViewStore.format), ("definition", definition), ("position", String(changes.position)), ("anchor", anchor),
            ] {
                let bytes = Array(text.utf8)
                try transaction.put(about, .text(key), bytes.span)
            }
        }
    }
}
