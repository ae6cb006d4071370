internal import EventLog
internal import Glibc
internal import JourneyModel
internal import LMDB
internal import Timelines

/// The checkpoint of the timelines: an LMDB environment that may be thrown away, as the log can always be replayed.
///
/// One entry a subject with its name, one a link, one a dimension value or set, each behind its CRC-32C (which covers its
/// number, too). A checkpoint writes what was touched since the last one, in one transaction with the position it holds for: after
/// a crash the replay goes on from there.
struct ViewStore: Sendable {
    /// Change it whenever an entry means something else: checkpoints of another format are thrown away.
    private static let format = "6"
    private static let checksumSize = 4
    private static let entriesPrefix = "entries."

    /// The numbers of the entries that say what the checkpoint is of.
    private enum About: UInt64, CaseIterable {
        case format, definition, position, anchor, entries, map, parked, file
    }

    /// The directory, in which the files of entries are, too.
    private let directory: String
    private let environment: Environment
    private let subjects: Database
    private let links: Database
    private let values: Database
    private let sets: Database
    private let assertions: Database
    private let compensations: Database
    private let about: Database

    /// Opens the store in `directory`; it can grow to `mapSize` bytes.
    init(directory: String, mapSize: Int) throws(LMDBError) {
        self.directory = directory
        environment = try Environment(directory: directory, mapSize: mapSize, databases: 8)
        let databases = try environment.databases(["subjects", "links", "values", "sets", "assertions", "compensations", "about"])
        (subjects, links, values, sets) = (databases[0], databases[1], databases[2], databases[3])
        (assertions, compensations, about) = (databases[4], databases[5], databases[6])
    }

    /// The name of a file of entries.
    static func entriesName(_ number: Int) -> String { "\(entriesPrefix)\(number)" }

    /// The number of the file of entries with this name; nil where no such file is called so.
    static func number(ofEntries name: String) -> Int? {
        guard let number = Int(name.dropFirst(entriesPrefix.count)), number > 0, number < .max else { return nil }
        return name == entriesName(number) ? number : nil
    }

    /// The timelines as of the last checkpoint, under the stage map that it was made under, or nil where there is none that can be used.
    ///
    /// - Parameters:
    ///   - definition: what the checkpoint must be of, under its map.
    ///   - log: what the checkpoint is of.
    ///   - anchor: what the log holds at a position, or before it where those events are parked, in a few words: a checkpoint of another log is not
    ///     used.
    /// - Throws: where an entry is not what was written, or what it speaks of cannot be read.
    func load(
        log: EventLog, definition: (StageMap) -> String, anchor: (Position, [ParkedEvent]) -> String?
    ) throws(LogError) -> Timelines? {
        let loaded: (timelines: Timelines, position: Position)?
        do throws(LMDBError) { loaded = try load(log, definition, anchor) } catch { throw LogError.unusable("\(error)") }
        guard let loaded else { return nil }
        return try loaded.timelines.restored(at: loaded.position, log)
    }

    private func load(
        _ log: EventLog, _ definition: (StageMap) -> String, _ anchor: (Position, [ParkedEvent]) -> String?
    ) throws(LMDBError) -> (timelines: Timelines, position: Position)? {
        try environment.read { transaction throws(LMDBError) in
            guard try text(.format, transaction) == ViewStore.format, let map = try text(.map, transaction).flatMap(StageMap.init(text:)),
                try text(.definition, transaction) == definition(map),
                let stored = try text(.position, transaction), let position = Position(stored),
                let parked = try text(.parked, transaction), let name = try text(.file, transaction)
            else { return nil }
            // Any other name may be that of a file of somebody else's.
            guard ViewStore.number(ofEntries: name) != nil else { throw .damaged }
            guard let file = try? EntryFile(path: "\(directory)/\(name)", isNew: false),
                let entries = try text(.entries, transaction).flatMap({ Int($0) })
            else { return nil }
            var timelines = Timelines(map: map, file: file)
            timelines.restore(parked: parked)
            guard try text(.anchor, transaction) == anchor(position, timelines.parked) else { return nil }
            try scan(values, transaction) { (_, value) in timelines.restore(value: value) }
            try scan(sets, transaction) { (_, set) in timelines.restore(set: set) }
            try scan(subjects, transaction) { (_, stored) in timelines.restore(subject: stored) }
            try scan(links, transaction) { (number, stored) in timelines.restore(link: number, stored) }
            guard timelines.restore(entries: entries, log) else { throw .damaged }
            try scan(assertions, transaction) { (_, stored) in timelines.restore(assertion: stored) }
            try scan(compensations, transaction) { (_, stored) in timelines.restore(compensation: stored) }
            return (timelines, position)
        }
    }

    /// Calls `body` with each entry, its checksum compared.
    private func scan(
        _ database: Database, _ transaction: borrowing ReadTransaction, _ body: (UInt64, Span<UInt8>) -> Bool
    ) throws(LMDBError) {
        try transaction.scan(database, from: .number(0)) { (key, stored) throws(LMDBError) in
            let number = Key.number(key)
            return body(number, try ViewStore.intact(stored, number))
        }
    }

    private func text(_ name: About, _ transaction: borrowing ReadTransaction) throws(LMDBError) -> String? {
        try transaction.value(about, .number(name.rawValue)) { stored throws(LMDBError) in
            String(decoding: try ViewStore.intact(stored, name.rawValue).bytes(), as: UTF8.self)
        }
    }

    /// The name of the file of entries that the checkpoint speaks of; nil where there is no checkpoint.
    var fileName: String? {
        (try? environment.read { transaction throws(LMDBError) in try text(.file, transaction) }) ?? nil
    }

    /// Throws all of it away.
    func clear() throws(LMDBError) {
        let name = fileName
        try environment.write { transaction throws(LMDBError) in try empty(transaction) }
        if let name { remove(name) }
    }

    private func empty(_ transaction: borrowing WriteTransaction) throws(LMDBError) {
        for database in [subjects, links, values, sets, assertions, compensations, about] { try transaction.empty(database) }
    }

    private func remove(_ name: String) {
        guard ViewStore.number(ofEntries: name) != nil else { return }
        unsafe unlink("\(directory)/\(name)")
    }

    /// Stores what changed since the last checkpoint. Where that was of other views, with a file of entries of their own, these take its place in one step.
    ///
    /// - Parameter map: the canonical text of the map that all of it is under.
    func save(_ changes: Timelines.Changes, map: [UInt8], definition: String, anchor: String) throws(LMDBError) {
        let other = fileName.flatMap { $0 == changes.fileName ? nil : $0 }
        defer { if let other, fileName == changes.fileName { remove(other) } }
        try environment.write { transaction throws(LMDBError) in
            if other != nil { try empty(transaction) }
            for (database, entries) in [
                (subjects, changes.subjects), (links, changes.links), (values, changes.values), (sets, changes.sets),
                (assertions, changes.assertions), (compensations, changes.compensations),
            ] {
                for (number, bytes) in entries { try ViewStore.put(database, number, bytes, transaction) }
            }
            for name in About.allCases {
                let text =
                    switch name {
                    case .format: Array(ViewStore.format.utf8)
                    case .definition: Array(definition.utf8)
                    case .position: Array(String(changes.position).utf8)
                    case .entries: Array(String(changes.entries).utf8)
                    case .anchor: Array(anchor.utf8)
                    case .map: map
                    case .parked: Array(changes.parked.utf8)
                    case .file: Array(changes.fileName.utf8)
                    }
                try ViewStore.put(about, name.rawValue, text, transaction)
            }
        }
    }

    private static func put(
        _ database: Database, _ number: UInt64, _ bytes: [UInt8], _ transaction: borrowing WriteTransaction
    ) throws(LMDBError) {
        let checksum = unsafe bytes.withUnsafeBytes { unsafe Checksum.record(number, $0) }
        let stored = (0..<checksumSize).map { UInt8(truncatingIfNeeded: checksum >> UInt32(8 * $0)) } + bytes
        try transaction.put(database, .number(number), stored.span)
    }

    /// What was stored, without its checksum, which it has.
    @_lifetime(copy stored)
    private static func intact(_ stored: Span<UInt8>, _ number: UInt64) throws(LMDBError) -> Span<UInt8> {
        guard stored.count >= checksumSize else { throw .damaged }
        let bytes = stored.extracting(checksumSize..<stored.count)
        let checksum = (0..<checksumSize).reduce(UInt32(0)) { $0 | UInt32(stored[$1]) << UInt32(8 * $1) }
        guard unsafe bytes.withUnsafeBytes({ unsafe Checksum.record(number, $0) }) == checksum else { throw .damaged }
        return bytes
    }
}

extension StageMap {
    /// Reads a map as it was stored; nil where it is none.
    fileprivate init?(text: String) {
        guard let value = try? JSONValue(text: text), let map = try? StageMap(value) else { return nil }
        self = map
    }
}
