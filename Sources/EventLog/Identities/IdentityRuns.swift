internal import FoundationEssentials
internal import Glibc
internal import JourneyModel
internal import NIOConcurrencyHelpers
internal import Synchronization

/// The identities of all events but the last: an index of frozen tables in memory, waiting to be written, and of runs on disk.
///
/// The writer freezes its table when it is full and goes on with an empty one; the keeper writes the frozen ones as runs and merges
/// every four runs of about the same size into one, so that a log of n events has O(log n) runs. All can be made again from the log.
final class IdentityRuns: Sendable {
    /// Runs are not merged beyond this many events (0.9 GB): a merge must not take minutes.
    static let maximumMerge = 64 << 20
    /// How many frozen tables may wait to be written.
    static let maximumFrozen = 8

    /// What there is at one moment.
    struct Snapshot: Sendable {
        fileprivate(set) var frozen: [IdentityIndex] = []
        fileprivate(set) var runs: [IdentityRun] = []
    }

    private let directory: String
    private let log: LogID
    private let tableSize: Int
    private let state = Mutex(Snapshot())
    // Held by whoever changes files: the keeper, and the writer where it makes all anew.
    private let files = Mutex(())
    // The lock's value says whether another table may be frozen.
    private let room = ConditionLock(value: true)

    /// Opens what runs there are in `directory` and drops those that are damaged or do not continue the ones before.
    ///
    /// - Parameters:
    ///   - positions: what the log holds; a run beyond is not this log's.
    ///   - tableSize: how many events a table in memory takes.
    ///   - isReadOnly: whether files must be left as they are.
    init(directory: String, log: LogID, positions: Range<Position>, tableSize: Int, isReadOnly: Bool = false) throws(LogError) {
        (self.directory, self.log, self.tableSize) = (directory, log, tableSize)
        var found: [IdentityRun] = []
        func drop(_ path: String) { if !isReadOnly { unsafe unlink(path) } }
        // A log that was restored has none yet.
        if isReadOnly, Epoch.size(directory) == nil { return }
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: directory) else {
            throw .unusable("cannot read \(directory): \(SystemError.last)")
        }
        for name in names {
            let path = "\(directory)/\(name)"
            if name.hasSuffix(".run"), let run = try? IdentityRun(path: path, log: log) { found.append(run) } else { drop(path) }
        }
        // Of runs that cover the same, the largest is the merged one.
        found.sort { ($0.first, $1.last) < ($1.first, $0.last) }
        var runs: [IdentityRun] = []
        for run in found {
            let next = runs.last.map { $0.last + 1 }
            let continues = next.map { $0 == run.first } ?? (run.first <= positions.lowerBound)
            if continues, run.last < positions.upperBound { runs.append(run) } else { drop(run.path) }
        }
        state.withLock { $0.runs = runs }
    }

    var snapshot: Snapshot { state.withLock { $0 } }

    /// The last position that the runs cover; nil where there are none.
    var covered: Position? { state.withLock { $0.runs.last?.last } }

    /// How many runs there are.
    var count: Int { state.withLock { $0.runs.count } }

    /// Bytes on disk.
    var size: Int { state.withLock { $0.runs.reduce(0) { $0 + $1.size } } }

    func isFull(_ table: IdentityIndex) -> Bool { table.count >= tableSize }

    /// Hands a full table to the keeper.
    func freeze(_ table: IdentityIndex) {
        state.withLock { $0.frozen.append(table) }
        updateRoom()
    }

    /// Waits until a table may be frozen, at most a second.
    func waitForRoom() -> Bool {
        guard room.lock(whenValue: true, timeoutSeconds: 1) else { return false }
        room.unlock()
        return true
    }

    private func updateRoom() {
        room.lock()
        room.unlock(withValue: snapshot.frozen.count < IdentityRuns.maximumFrozen)
    }

    /// Forgets all runs, as one of them is damaged; they are made again.
    func drop() {
        files.withLock { _ in dropFiles() }
        updateRoom()
    }

    private func dropFiles() {
        state.withLock { state in
            for run in state.runs { unsafe unlink(run.path) }
            state.runs = []
            state.frozen = []
        }
    }

    /// Writes the oldest frozen table as a run.
    ///
    /// - Returns: false where there is none.
    func writeNext() throws(LogError) -> Bool {
        let isWritten = try files.withLock { _ throws(LogError) in try writeFirst() }
        updateRoom()
        return isWritten
    }

    private func writeFirst() throws(LogError) -> Bool {
        guard let table = state.withLock({ $0.frozen.first }) else { return false }
        let run = try write(table)
        state.withLock { state in
            state.frozen.removeFirst()
            state.runs.append(run)
        }
        return true
    }

    private func write(_ table: IdentityIndex) throws(LogError) -> IdentityRun {
        let range = (table.base + 1)...table.last
        var writer = try IdentityRunWriter(path: path(range), range: range, entries: table.count, log: log)
        for entry in table.sorted() { try writer.add(entry) }
        try writer.finish()
        return try IdentityRun(path: path(range), log: log)
    }

    /// Merges four runs of one size, see ``RunTiers``.
    ///
    /// - Returns: false where there is nothing to merge.
    func mergeNext() throws(LogError) -> Bool {
        try files.withLock { _ throws(LogError) in try mergeFour() }
    }

    private func mergeFour() throws(LogError) -> Bool {
        let runs = snapshot.runs
        let tiers = RunTiers(tableSize: tableSize, maximumMerge: IdentityRuns.maximumMerge)
        guard let places = tiers.next(runs.map(\.count)) else { return false }
        let inputs = Array(runs[places])
        let range = inputs[0].first...inputs[inputs.count - 1].last
        var writer = try IdentityRunWriter(path: path(range), range: range, entries: inputs.reduce(0) { $0 + $1.count }, log: log)
        var merge = try RunMerge(inputs)
        while let entry = try merge.next() { try writer.add(entry) }
        try writer.finish()
        let merged = try IdentityRun(path: path(range), log: log)
        state.withLock { $0.runs.replaceSubrange(places, with: [merged]) }
        for run in inputs { unsafe unlink(run.path) }
        return true
    }

    private func path(_ range: ClosedRange<Position>) -> String {
        "\(directory)/\(range.lowerBound)-\(range.upperBound).run"
    }
}

extension IdentityRuns.Snapshot {
    /// Calls `body` with each position stored under `hash`.
    ///
    /// - Throws: ``LogError/unusable(_:)`` where a run is damaged.
    func each(_ hash: UInt64, _ body: (Position) -> Void) throws(LogError) {
        for table in frozen { table.each(hash, body) }
        for run in runs where run.mayContain(hash) { try run.each(hash, body) }
    }

    /// Has what ``each(_:_:)`` looks at first fetched into the processor's cache.
    func prefetch(_ hash: UInt64) {
        for table in frozen { table.prefetch(hash) }
        for run in runs { run.prefetch(hash) }
    }
}

/// The entries of several runs in one order.
private struct RunMerge {
    private struct Reader {
        let run: IdentityRun
        var page = 0
        var index = 0
        var next: IdentityEntry?
    }

    private var readers: [Reader]

    init(_ runs: [IdentityRun]) throws(LogError) {
        readers = runs.map { Reader(run: $0) }
        for index in readers.indices { try advance(index) }
    }

    mutating func next() throws(LogError) -> IdentityEntry? {
        var least: Int?
        for index in readers.indices {
            guard let entry = readers[index].next else { continue }
            if let other = least, let least = readers[other].next, least < entry { continue }
            least = index
        }
        guard let least else { return nil }
        let entry = readers[least].next
        try advance(least)
        return entry
    }

    private var pages: [[IdentityEntry]] = []

    private mutating func advance(_ index: Int) throws(LogError) {
        if pages.isEmpty { pages = Array(repeating: [], count: readers.count) }
        if readers[index].index >= pages[index].count {
            guard readers[index].page < readers[index].run.pages else {
                readers[index].next = nil
                return
            }
            pages[index] = try readers[index].run.entries(readers[index].page)
            readers[index].page += 1
            readers[index].index = 0
        }
        readers[index].next = pages[index][readers[index].index]
        readers[index].index += 1
    }
}
