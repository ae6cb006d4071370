package import EventLog
package import JourneyModel
internal import NIOConcurrencyHelpers
internal import Synchronization

/// The journeys of a log as columns, kept up to date with it, and the property columns that questions have asked for.
///
/// Derived from the log alone: 34 bytes an event (24 in the ``EventTable``, 10 packed by journey) in files or in memory, about 70 bytes a
/// subject, and what the property columns take. The table is kept for the next start (``ColumnStore``), all else goes with the daemon. A snapshot (``journeys(asOf:_:)``) is an immutable value:
/// journeys that have new events are packed again beside the large base, into which they are merged when they are an eighth of it. One thread
/// takes in what is new.
package final class JourneyColumns: Sendable {
    /// What the columns may take.
    package struct Limits: Sendable {
        /// Bytes of the table and of all packed rows.
        package var memory = 8 << 30
        /// Bytes of the property columns; those that were not used for longest go first.
        package var properties = 2 << 30
        /// Threads that work for one question.
        package var threads = 2
        /// A directory for files without names, in which what stays as it is lies, so that the system's cache holds it and not the daemon's
        /// memory; nil to have all in memory.
        package var scratch: String?
        /// A directory of their own for the table's files, which are there again after the next start; nil to read all from the log again.
        package var store: String?
        /// Rows after which a chunk ends with the journey it is in.
        package var chunkRows = 1 << 17
        /// Rows that may be packed beside the base with each answer, whatever its size.
        package var smallDelta = 1 << 16

        package init() {}
    }

    /// Full segments that may be in no file before those who ask write some, too: 24 bytes a row of memory.
    private static let mostUnkept = 4

    package let log: EventLog
    package let limits: Limits
    private let report: @Sendable (_ loss: String) -> Void
    // Held by who writes a file: one at a time, in their order.
    private let keeping = Mutex(())
    private let state: Mutex<ColumnsState>
    private let properties = Mutex(PropertyStore())
    // The lock's value says whether there may be something to do.
    private let wake = ConditionLock(value: true)
    private let isClosing = Atomic<Bool>(false)
    // Nobody who does not ask pays for columns: they begin with the first question, and are kept up to date from then on.
    private let isWanted = Atomic<Bool>(false)
    private let beginning: Synchronization.Atomic<Position>
    private let thread = Mutex<DedicatedThread?>(nil)

    /// Follows `log` from its beginning once somebody asks.
    ///
    /// - Parameter report: told what of the stored table could not be used, and is read from the log again.
    package init(log: EventLog, limits: Limits = Limits(), report: @escaping @Sendable (_ loss: String) -> Void = { _ in }) {
        (self.log, self.limits, self.report) = (log, limits, report)
        state = Mutex(ColumnsState(first: log.first, limits))
        beginning = Synchronization.Atomic(log.first)
        log.observe { [weak self] _ in self?.lookAtLog() }
        let thread = DedicatedThread(name: "columns", givesWay: true) { [self] in follow() }
        self.thread.withLock { $0 = thread }
    }

    /// Ends the thread, and writes what is in no file yet.
    package func close() {
        isClosing.store(true, ordering: .releasing)
        wakeUp()
        thread.withLock { $0 }?.join()
        keep(leaving: 0, atEnd: true)
    }

    /// The last event that is in.
    package var position: Position { state.withLock { $0.reader.table.position } }

    /// Bytes of memory.
    package var memory: Int { state.withLock { $0.memory } + properties.withLock { $0.memory } }

    /// The journeys as known at `position`, or at the log's end where it is nil.
    ///
    /// - Parameter lens: other links than were known then.
    /// - Complexity: for the log's end O(rows of the journeys that changed since the last call), now and then O(rows); for another position O(rows),
    ///   the last of which is kept; with other links O(rows).
    package func journeys(
        asOf position: Position? = nil, through lens: IdentityLens = IdentityLens(), _ monitor: WorkMonitor = WorkMonitor()
    ) throws(ColumnsError) -> Journeys {
        if isWanted.exchange(true, ordering: .relaxed) == false { wakeUp() }
        let wanted = min(max(position ?? log.tail, lens.position ?? 0), log.tail)
        while try !takeIn(through: wanted) {
            if monitor.isCancelled { throw .cancelled }
            monitor.tell(.events, Int(self.position), of: Int(wanted))
            keep(leaving: JourneyColumns.mostUnkept)
        }
        return try state.withLock { (state) throws(ColumnsError) in
            try state.findTargets(log)
            if !lens.isClear { return state.seen(through: lens, asOf: position) }
            return position.map { state.asOf(min($0, wanted)) } ?? state.current()
        }
    }

    /// The columns of `fields`, covering at least the rows of `journeys`.
    ///
    /// - Complexity: O(rows that are not covered), on ``Limits/threads``; about half a microsecond an event and thread.
    package func properties(
        _ fields: Set<EventField>, for journeys: Journeys, _ monitor: WorkMonitor = WorkMonitor()
    ) throws(ColumnsError) -> [EventField: PropertyColumn] {
        guard !fields.isEmpty else { return [:] }
        return try properties.withLock { (store) throws(ColumnsError) in
            try store.extend(fields, log, journeys, limits, monitor)
            return store.take(fields, limit: limits.properties)
        }
    }

    /// Which of `fields` have yet to be read, and for how many events.
    package func unread(_ fields: Set<EventField>, _ journeys: Journeys) -> [EventField: Int] {
        properties.withLock { $0.unread(fields, journeys) }
    }

    /// The name of a subject, or the pseudonym that records have for it.
    package func name(of subject: UInt32) -> String {
        state.withLock { $0.reader.subjects.text(subject) }
    }

    /// The number of a subject that some event names.
    package func subject(_ name: String) -> UInt32? {
        let stored = log.storedName(name)
        return state.withLock { $0.reader.subjects.symbol(stored) }
    }

    /// Calls `body` with the names of all subjects; it must not take long.
    package func withSubjects<Result>(_ body: (borrowing SymbolTable) -> Result) -> Result {
        state.withLock { body($0.reader.subjects) }
    }

    /// The log's symbol of a type; nil where no event has it, or none that has it has a symbol (``EventTable/hasUnlistedTypes``).
    package func type(_ name: String) -> UInt16? {
        log.symbol(of: name).map { UInt16($0) }
    }

    // MARK: - Following

    private func follow() {
        while true {
            wake.lock(whenValue: true)
            wake.unlock(withValue: false)
            state.withLock { $0.dropStale(log) }
            while isWanted.load(ordering: .relaxed), position < log.tail, !isClosing.load(ordering: .acquiring) {
                // What stops it here is told to whoever asks.
                guard (try? takeIn(through: log.tail)) != nil else { break }
                keep(leaving: 0)
            }
            if isClosing.load(ordering: .acquiring) { return }
        }
    }

    /// The log has grown, or retention took something away: that goes from the files, too, whether anybody asks or not.
    private func lookAtLog() {
        let first = log.first
        if beginning.exchange(first, ordering: .relaxed) != first || isWanted.load(ordering: .relaxed) { wakeUp() }
    }

    private func wakeUp() {
        wake.lock()
        wake.unlock(withValue: true)
    }

    /// Takes in the next events, at most a batch, so that others get their turn.
    ///
    /// - Returns: whether `position` is in.
    private func takeIn(through position: Position) throws(ColumnsError) -> Bool {
        var losses: [String] = []
        defer { for loss in losses { report(loss) } }
        return try state.withLock { (state) throws(ColumnsError) in
            defer { losses = state.takeLosses() }
            try state.takeIn(log)
            return state.reader.table.position >= position
        }
    }

    /// Writes full segments to files, and at the end what is left; nobody who asks waits for that.
    ///
    /// - Parameter count: how many may be in none.
    private func keep(leaving count: Int, atEnd: Bool = false) {
        var isDone = limits.store == nil
        while !isDone {
            isDone = keeping.withLock { _ in
                guard let store = limits.store, let piece = state.withLock({ $0.piece(log, leaving: count, atEnd: atEnd) }) else {
                    return true
                }
                let written = ColumnStore(directory: store).write(piece)
                state.withLock { $0.keep(piece, written) }
                return written == nil
            }
        }
    }
}
