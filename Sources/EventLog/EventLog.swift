package import JourneyModel
internal import LMDB
internal import Synchronization

/// The append-only log: every event that was ever acknowledged, in one total order, each once.
///
/// `append` hands events to the writer's thread; `read` walks stored ones. Positions begin at 1 and have no gaps.
package final class EventLog: Sendable {
    /// What a log may take.
    package struct Options: Sendable {
        /// Address space reserved for the live epoch's file, in bytes: an epoch can grow beyond ``epochBytes`` by one commit.
        package var mapSize = 1 << 38
        /// Bytes of disk that the log may use; appends are refused beyond.
        package var quota = Int.max
        /// Bytes of an epoch, after which the next one begins.
        package var epochBytes = 256 << 20
        /// Seconds after which the next epoch begins, if there was an event.
        package var epochAge = 30 * 86_400
        /// Events whose identities are held in memory before they are written as a run.
        package var identityTail = 1 << 19
        /// Seconds after the last commit in which the journal stays as it is.
        package var leisure = 1.0
        /// Whether what says something about a person is encrypted when it is stored.
        package var encrypts = true
        /// The file that holds the key of the keys; nil for `key` in the data directory, which is made where it is missing.
        package var keyFile: String?
        /// Whether the log is only to be read: no file is changed, and nothing made anew that is missing.
        package var isReadOnly = false
        /// How data of older versions of an event type is read.
        package var upcasters = Upcasters()

        package init() {}
    }

    package let options: Options
    /// The path of the directory that holds it.
    package let directory: String
    let epochs: EpochList
    let runs: IdentityRuns
    let hash: IdentityHash
    let keys: KeyRing?
    /// Why there are no keys, where there should be.
    let keysFault: String?
    let writer = LogWriter()
    let mover = JournalMover()
    let liveDigest = LiveDigest()
    let keeper = Keeper()
    let symbols: Mutex<SymbolTable>
    let observers = Mutex<[@Sendable (Position) -> Void]>([])
    let latched: Mutex<String?>
    let trouble = Mutex<String?>(nil)
    let duplicates = Atomic<Int>(0)
    /// How long commits took, in microseconds.
    package let commitDurations = Histogram(first: 64)
    /// How many events each stored.
    package let commitSizes = Histogram(first: 1)
    let tailPosition: Atomic<Position>
    /// The last events, which are in the journal and in no epoch.
    let recent: Tail
    let journalPath: String
    private let threads = Mutex<[DedicatedThread]>([])

    /// Opens the log in `directory`, creating it where there is none. Until ``close()`` its threads keep it alive.
    ///
    /// What is missing or damaged of the older epochs is in ``damages``; the rest is readable. Where the end of the log is not there, it
    /// is read-only: going on would give positions twice.
    /// - Complexity: O(epochs) here; the identities of the last events are read by the writer before it takes the first event, about
    ///   0.2 s a million.
    package init(directory: DataDirectory, options: Options = Options()) throws(LogError) {
        self.options = options
        self.directory = directory.path
        journalPath = directory.path + "/log/journal"
        epochs = try EpochList(directory, isReadOnly: options.isReadOnly)
        hash = IdentityHash(epochs.log)
        if epochs.all.isEmpty, !options.isReadOnly { try epochs.roll(at: 0, mapSize: options.mapSize) { _ in } }
        var fault: String?
        keys = options.isReadOnly ? nil : EventLog.openKeys(directory, epochs.log, hadKeys: epochs.hasKeys, options, &fault)
        keysFault = fault
        var reason = epochs.missingEnd
        var end = try EventLog.end(epochs, options, &reason)
        if reason == nil {
            // What a process killed before its flush has left is flushed before it is answered from.
            if !options.isReadOnly { try Journal.flush(journalPath) }
            reason = try end.readJournal(journalPath, epochs.log)
        }
        if let fault, reason == nil { reason = fault }
        if reason == nil, !options.isReadOnly { try epochs.confirm(hasKeys: keys != nil) }
        recent = Tail(stored: end.stored, chunks: end.journal.chunks)
        latched = Mutex(options.isReadOnly ? reason ?? "it was opened to be read" : reason)
        tailPosition = Atomic(end.tail)
        symbols = Mutex(end.symbols)
        runs = try IdentityRuns(
            directory: options.isReadOnly ? self.directory + "/identities" : try directory.directory("identities"), log: epochs.log,
            positions: epochs.first..<(end.tail + 1), tableSize: options.identityTail, isReadOnly: options.isReadOnly)
        guard !options.isReadOnly else { return }
        let (isWritable, ending) = (reason == nil, end)
        let writing = DedicatedThread(name: "log-writer") { [self] in
            if isWritable { runWriter(ending) } else { runIdleWriter() }
        }
        let moving = DedicatedThread(name: "log-mover") { [self] in runMover() }
        let keeping = DedicatedThread(name: "log-keeper", givesWay: true) { [self] in runKeeper() }
        threads.withLock { $0 = [writing, moving, keeping] }
    }

    /// Opens a log to be read, without its keys: no file of it is changed, and nothing is appended.
    package convenience init(reading directory: DataDirectory) throws(LogError) {
        var options = Options()
        options.isReadOnly = true
        try self.init(directory: directory, options: options)
    }

    /// The position of the last event that is stored; zero in an empty log.
    package var tail: Position { tailPosition.load(ordering: .acquiring) }

    /// The position of the first event that is kept; one more than the tail in an empty log.
    package var first: Position { epochs.first }

    /// Bytes of disk in use.
    package var bytes: Int { epochs.all.reduce(runs.size) { $0 + $1.bytes } }

    /// Bytes of disk that it may use; nil where only the disk limits it.
    package var quota: Int? { options.quota == .max ? nil : options.quota }

    /// How many epochs there are.
    package var epochCount: Int { epochs.all.count }

    /// How many of them are sealed.
    package var sealedEpochs: Int { epochs.all.count { $0.seal != nil } }

    /// How many sorted runs hold the identities that are not in memory.
    package var identityRuns: Int { runs.count }

    /// What of the log cannot be read, and what to do.
    package var damages: [String] {
        let damages = epochs.all.compactMap(\.damage)
        // An end that is missing is nobody's damage: no epoch is there that could have it.
        return damages + [epochs.missingEnd].compactMap(\.self).filter { !damages.contains($0) }
    }

    /// How many events wait to be written.
    package var waiting: Int { writer.waiting }

    /// How many events were sent again since the start.
    package var duplicatesSinceStart: Int { duplicates.load(ordering: .relaxed) }

    /// Why the log takes no events any more, if it does not.
    package var readOnlyReason: String? { latched.withLock { $0 } }

    /// Why an epoch could not be sealed or an index not be written, if so; tried again.
    package var keepersTrouble: String? { trouble.withLock { $0 } }

    /// Queues events for storing. The request's completion is called after the flush.
    ///
    /// - Throws: `.overloaded`, `.closed` or `.readOnly`; the completion is then not called.
    package func append(_ request: AppendRequest) throws(LogError) {
        if let reason = readOnlyReason { throw .readOnly(reason) }
        try writer.submit(request)
    }

    /// Queues requests in order, as ``append(_:)`` does each, at the cost of one.
    ///
    /// - Returns: how many of them were taken, and why the others were not: their completions are not called.
    package func append(_ requests: [AppendRequest]) -> (taken: Int, refusal: LogError?) {
        if let reason = readOnlyReason { return (0, .readOnly(reason)) }
        return writer.submit(requests)
    }

    /// Ends the live epoch, if it has an event; it is sealed in the background. The completion is called when the next has begun.
    ///
    /// - Throws: as ``append(_:)``.
    package func endEpoch(
        _ completion: @escaping @Sendable (Result<AppendOutcome, AppendFailure>) -> Void
    ) throws(LogError) {
        try append(AppendRequest(order: .endEpoch, completion: completion))
    }

    /// As ``endEpoch(_:)``, and waits for it: not for an event loop.
    package func endEpochAndWait() throws(LogError) {
        let arrival = Arrival<Result<AppendOutcome, AppendFailure>>()
        try endEpoch { arrival.come($0) }
        if case .failure(.log(let error)) = arrival.wait() { throw error }
    }

    /// Stores events, all or none, and waits for it: not for an event loop.
    package func appendBlocking(_ batch: EventBatch, emitter: UInt32) -> Result<AppendOutcome, AppendFailure> {
        let arrival = Arrival<Result<AppendOutcome, AppendFailure>>()
        do throws(LogError) {
            try append(AppendRequest(batch: batch, to: self, isAtomic: true, emitter: emitter) { arrival.come($0) })
        } catch {
            return .failure(.log(error))
        }
        return arrival.wait() ?? .failure(.log(.closed))
    }

    /// Calls `body` on the writer's thread when it has done all that waits now: a sign that it works, also in a log that takes no events.
    /// Of no effect in one that is closed. `body` must not block.
    package func whenWriterAnswers(_ body: @escaping @Sendable () -> Void) {
        do throws(LogError) {
            try writer.submit(AppendRequest(order: .sign(body)) { _ in })
        } catch {
            // Closed: nobody is there to answer.
        }
    }

    /// Calls `observer` after each commit with the new tail, on the writer's thread: it must not block.
    package func observe(_ observer: @escaping @Sendable (Position) -> Void) {
        observers.withLock { $0.append(observer) }
    }

    /// The text of a symbol of a record; empty for ``EventRecord/unlisted``.
    package func symbol(_ symbol: UInt32) -> String {
        symbols.withLock { $0.count > Int(symbol) ? $0.text(symbol) : "" }
    }

    /// The symbol of the text of a type or source; nil where no record has it as a symbol.
    package func symbol(of text: String) -> UInt32? {
        symbols.withLock { $0.symbol(text) }
    }

    /// Stores what waits, and ends the threads.
    package func close() {
        writer.close()
        keeper.close()
        for thread in threads.withLock({ $0 }) { thread.join() }
    }

    /// Where the log ends, and what the writer needs to go on there.
    private static func end(_ epochs: EpochList, _ options: Options, _ reason: inout String?) throws(LogError) -> LogEnd {
        var end = LogEnd(tail: epochs.all.last.map { $0.first - 1 } ?? 0)
        guard let live = epochs.all.last else { return end }
        if reason == nil {
            do throws(LogError) {
                let storage = try live.open(mapSize: options.mapSize)
                // What a process killed before its flush has left is told to be stored from now on, and read.
                if !options.isReadOnly { do throws(LMDBError) { try storage.environment.flush() } catch { throw LogError(error) } }
                if let last = try storage.lastPosition() {
                    guard last >= live.first else { throw .damaged(position: live.first, reason: "\(live.file) ends at position \(last)") }
                    end.tail = last
                }
                try end.read(live, storage)
                return end
            } catch {
                guard case .damaged = error else { throw error }
                reason = "\(error)"
                live.setDamage("\(error)")
            }
        }
        end.tail = epochs.all.compactMap(\.last).max() ?? live.first - 1
        end.symbols = lastSymbols(epochs)
        return end
    }

    /// The names in the last epoch that can be read: of all events that can be, as each begins with those of the one before.
    private static func lastSymbols(_ epochs: EpochList) -> SymbolTable {
        for epoch in epochs.all.reversed() {
            do throws(LogError) {
                return try epoch.symbols(try epoch.open())
            } catch {
                if case .damaged(_, let reason) = error { epoch.setDamage(reason) }
            }
        }
        return SymbolTable()
    }
}

/// What of a log's end is read when it is opened.
struct LogEnd: Sendable {
    var tail: Position
    var symbols = SymbolTable()
    /// When the last event was stored; the clock of the log never goes back.
    var recordedAt = Timestamp(microseconds: 0)
    /// The last position, and the number of symbols, that are in an epoch, where there is a journal behind them.
    private var journaled: Position?
    var stored: Position { journaled ?? tail }
    private(set) var storedSymbols = 0
    private(set) var journal = JournalContent()

    init(tail: Position) {
        self.tail = tail
    }

    /// Takes in what the journal has behind the epochs.
    ///
    /// - Returns: what is damaged, if so.
    fileprivate mutating func readJournal(_ path: String, _ log: LogID) throws(LogError) -> String? {
        (journaled, storedSymbols) = (tail, symbols.count)
        journal = try JournalContent(path: path, key: log.hashKey.0, after: tail)
        for (number, text) in journal.names where symbols.intern(text.span)?.symbol != number {
            return "\(path) is damaged: its names do not continue those of the log; restore the log from a backup"
        }
        guard let last = journal.chunks.last else { return journal.damage }
        tail = last.last
        let record = last.record(tail)
        recordedAt = max(recordedAt, try EventRecord(record.span, position: tail).recordedAt)
        return journal.damage
    }

    fileprivate mutating func read(_ live: Epoch, _ storage: Epoch.Storage) throws(LogError) {
        let names = try live.symbols(storage)
        let (tail, position) = (tail, Key.number(tail))
        var recordedAt: Timestamp?
        do throws(LMDBError) {
            try storage.environment.read { transaction throws(LMDBError) in
                recordedAt =
                    try transaction.value(storage.events, position) { value throws(LMDBError) in
                        try? EventRecord(value, position: tail).recordedAt
                    } ?? nil
            }
        } catch {
            throw LogError(error)
        }
        symbols = names
        self.recordedAt = recordedAt ?? self.recordedAt
    }
}
