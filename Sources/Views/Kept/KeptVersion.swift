internal import EventLog
internal import Glibc
package import JourneyModel
internal import NIOConcurrencyHelpers
package import Questions
internal import Synchronization
package import Timelines

/// One version of a kept funnel: follows the log and the journeys on a thread of its own, so that whatever it meets with stays its own matter.
///
/// It marks what each event means to it (``EventMarks``), folds the journeys that changed, and shows what all amount to as of one position. Built and kept
/// up to date are one path: at first all journeys have changed.
package final class KeptVersion: Sendable {
    /// What the version does now.
    package enum Phase: Sendable, Equatable {
        /// It has yet to see all that is stored.
        case building
        case live
        /// It could not go on, and tries again.
        case stopped(reason: String)
        case closed
    }

    /// How far it is.
    package struct Progress: Sendable {
        /// Of what there is to do, from 0 to 1.
        package var share = 0.0
        /// Seconds that the rest will take; nil where that cannot be told yet.
        package var remaining: Double?
    }

    // Journeys that are looked at under the lock of the timelines at once.
    private static let slice = 500
    private static let pause = Duration.milliseconds(20)
    private static let longestPause = Duration.seconds(30)

    /// How long what goes wrong may go on.
    package struct Patience: Sendable {
        /// Until events of which nothing could be made are looked at again.
        package var parked = Duration.seconds(30)
        /// With events to take in for so long, a version lags.
        package var lag = Duration.seconds(10)
        /// Without a sign of work for so long while there is some, it hangs.
        package var hang = Duration.seconds(10)

        package init() {}
    }

    package let name: String
    package let number: Int
    package let question: Question
    private let funnel: FunnelDefinition
    private let views: JourneyViews
    private let reader: @Sendable () -> any MeaningReader
    private let path: String?
    private let patience: Patience
    private let onLive: @Sendable (KeptVersion) -> Void

    private struct Shown: Sendable {
        var funnel: LiveFunnel
        var values = SymbolTable()
        var position: Position = 0
        var phase = Phase.building
        var wasLive = false
        var parked: [ParkedEvent] = []
        var parkedMore = 0
        var progress = Progress()
        // When it last had all that was stored.
        var caughtUp = ContinuousClock.now
    }

    private let shown: Mutex<Shown>
    private let signs: Mutex<(last: ContinuousClock.Instant, isBusy: Bool)>
    // The lock's value says whether there may be something to do.
    private let wake = ConditionLock(value: true)
    private let isClosing = Atomic<Bool>(false)
    private let waiters = Waiters()
    private let thread = Mutex<DedicatedThread?>(nil)

    /// Begins to build.
    ///
    /// - Parameters:
    ///   - reader: makes what works out the meaning of events.
    ///   - path: the file of marks; nil for none.
    ///   - patience: how long what goes wrong may go on.
    ///   - onLive: called once, on the version's thread, when it has seen all that was stored.
    init(
        name: String, number: Int, question: Question, funnel: FunnelDefinition, views: JourneyViews, path: String?,
        patience: Patience, reader: @escaping @Sendable () -> any MeaningReader, onLive: @escaping @Sendable (KeptVersion) -> Void
    ) {
        (self.name, self.number, self.question, self.funnel) = (name, number, question, funnel)
        (self.views, self.path, self.patience, self.reader, self.onLive) = (views, path, patience, reader, onLive)
        shown = Mutex(Shown(funnel: LiveFunnel(funnel)))
        signs = Mutex((ContinuousClock.now, false))
        views.onProgress(self) { [weak self] in self?.wakeUp() }
        let thread = DedicatedThread(name: "view \(name)", givesWay: true) { [self] in run() }
        self.thread.withLock { $0 = thread }
    }

    /// Ends the thread. One that hangs is left to itself.
    package func close() {
        isClosing.store(true, ordering: .releasing)
        views.onProgress(self, nil)
        wakeUp()
        guard !isHanging else { return }
        thread.withLock { $0 }?.join()
    }

    private func wakeUp() {
        wake.lock()
        wake.unlock(withValue: true)
    }

    // MARK: - What it shows

    /// The last event that its numbers include.
    package var position: Position { shown.withLock { $0.position } }
    package var phase: Phase { shown.withLock { $0.phase } }
    package var progress: Progress { shown.withLock { $0.progress } }
    /// Whether it has been live since the daemon's start, and can answer.
    package var canAnswer: Bool { shown.withLock { $0.wasLive } }
    /// The events of which nothing could be made, and how many more there are.
    package var parked: (events: [ParkedEvent], more: Int) { shown.withLock { ($0.parked, $0.parkedMore) } }
    /// Whether there is work, and no sign of any being done.
    package var isHanging: Bool {
        signs.withLock { $0.isBusy && $0.last.duration(to: .now) > patience.hang }
    }

    /// Whether it has been behind the log for longer than it may.
    package var isLagging: Bool {
        shown.withLock { $0.wasLive && $0.position < views.log.tail && $0.caughtUp.duration(to: .now) > patience.lag }
    }

    /// Calls `body` when the numbers include `position`, at once where they do.
    package func whenSeen(_ position: Position, _ body: @escaping @Sendable () -> Void) {
        waiters.add(position, body)
        waiters.release(through: self.position)
    }

    /// Looks at the numbers, for a moment.
    func read<Result>(_ body: (borrowing LiveFunnel) -> Result) -> Result {
        shown.withLock { body($0.funnel) }
    }

    /// Writes the numbers for a moment, and says as of which position they are.
    func write(at moment: Int64, to writer: inout JSONWriter, _ before: (Position, inout JSONWriter) -> Void) {
        shown.withLock { shown in
            before(shown.position, &writer)
            shown.funnel.write(at: moment, values: shown.values, to: &writer)
        }
    }

    // MARK: - Work

    private func sign(isBusy: Bool = true) {
        signs.withLock { $0 = (.now, isBusy) }
    }

    private func run() {
        var pause = KeptVersion.pause
        while !isClosing.load(ordering: .acquiring) {
            do throws(MarkKeeper.Failure) {
                try follow()
            } catch {
                let reason =
                    switch error {
                    case .log(let error): "\(error)"
                    case .tooManyKinds:
                        "the breakdown's field has more than \(EventMarks.maximumValues) values; drop the view and break down by another field"
                    }
                shown.withLock { $0.phase = .stopped(reason: reason) }
                sign(isBusy: false)
                _ = wait(pause)
                pause = min(pause * 2, KeptVersion.longestPause)
            }
        }
        shown.withLock { $0.phase = .closed }
        sign(isBusy: false)
    }

    /// Waits for something to do.
    ///
    /// - Returns: whether there is something.
    @discardableResult
    private func wait(_ longest: Duration) -> Bool {
        guard wake.lock(whenValue: true, timeoutSeconds: longest / .seconds(1)) else { return false }
        wake.unlock(withValue: false)
        return true
    }

    /// Builds, and follows until the version is closed or the timelines begin anew.
    private func follow() throws(MarkKeeper.Failure) {
        var work = KeptWork(
            MarkKeeper(
                log: views.log, reader: reader(), hasValues: funnel.breakdown != nil, path: path, definition: question.hash),
            FunnelFold(funnel), countedKind: funnel.countedKind)
        // Where the timelines have begun anew, what is shown stays until all is in again.
        shown.withLock { $0.phase = .building }
        var lastRetry = ContinuousClock.now
        while !isClosing.load(ordering: .acquiring) {
            guard try round(&work) else { return }
            if work.hasParked, lastRetry.duration(to: .now) > patience.parked {
                do throws(LogError) { try work.retryParked() } catch { throw .log(error) }
                lastRetry = .now
            }
            if views.position == position, !work.hasChanges {
                sign(isBusy: false)
                // What comes in the next moments is taken in together.
                if wait(patience.parked) { usleep(2_000) }
            }
        }
    }

    /// Takes in all that has changed, and shows what comes of it as of one position.
    ///
    /// - Returns: false where the timelines began anew.
    private func round(_ work: inout KeptWork) throws(MarkKeeper.Failure) -> Bool {
        while true {
            if isClosing.load(ordering: .acquiring) { return true }
            sign()
            guard !views.isReplaying else {
                try readAhead(&work)
                return true
            }
            guard let looked = views.look(&work, slice: KeptVersion.slice) else { return false }
            while work.keeper.position < looked.position {
                guard try work.keeper.advance(to: looked.position) else { return false }
                sign()
                report(work, looked)
                if isClosing.load(ordering: .acquiring) { return true }
            }
            do throws(LogError) { try work.fold() } catch { throw .log(error) }
            report(work, looked)
            if looked.isLast {
                show(&work, looked.position)
                return true
            }
        }
    }

    /// Marks what is stored while the timelines are still being read, which would have to be folded again and again.
    private func readAhead(_ work: inout KeptWork) throws(MarkKeeper.Failure) {
        let tail = views.log.tail
        if work.keeper.position < tail { _ = try work.keeper.advance(to: tail) } else { wait(KeptVersion.pause) }
        let share = work.keeper.marked(of: tail)
        shown.withLock { $0.progress.share = max($0.progress.share, 0.75 * share) }
    }

    private func show(_ work: inout KeptWork, _ position: Position) {
        let isFirst = shown.withLock { shown in
            if work.isNew { shown.funnel = LiveFunnel(funnel) }
            for (component, contributions) in work.folded { shown.funnel.set(component, contributions) }
            if shown.values.count != work.keeper.values.count { shown.values = work.keeper.values }
            shown.position = position
            if position >= views.log.tail { shown.caughtUp = .now }
            shown.phase = .live
            shown.progress = Progress(share: 1, remaining: 0)
            (shown.parked, shown.parkedMore) = (work.keeper.parked, work.keeper.parkedMore)
            defer { shown.wasLive = true }
            return !shown.wasLive
        }
        work.folded.removeAll(keepingCapacity: true)
        work.isNew = false
        if isFirst { onLive(self) }
        waiters.release(through: position)
    }

    private func report(_ work: KeptWork, _ looked: KeptWork.Look) {
        guard !canAnswer else { return }
        let progress = work.progress(looked)
        shown.withLock { shown in
            shown.progress = progress
            (shown.parked, shown.parkedMore) = (work.keeper.parked, work.keeper.parkedMore)
        }
    }
}

extension FunnelDefinition {
    /// The kind of the subjects that are counted, with its colon; nil where journeys or tries are.
    fileprivate var countedKind: String? {
        if case .subjects(let kind) = unit { kind + ":" } else { nil }
    }
}
