internal import EventLog
internal import Glibc
internal import JourneyModel
internal import NIOConcurrencyHelpers
internal import Questions
internal import Synchronization
internal import Timelines

/// What the views' thread keeps from one round to the next.
private struct Course {
    /// Where the log began.
    var beginning: Position
    var lastCheckpoint = ContinuousClock.now
    var lastSettled = ContinuousClock.now
    /// Whether something has come since the last checkpoint.
    var isUnsaved = false
    var rebuild: Rebuild?
    /// Until when building anew pauses, after something could not be read.
    var pause = ContinuousClock.now
    /// When parked events are looked at again.
    var nextLook = ContinuousClock.now
    /// Events that could be read when they came, and cannot any more: all was worked out without them.
    private var renounced: Set<Position> = []

    init(beginning: Position) {
        self.beginning = beginning
    }

    /// Whether a fault is about one event that was in, and not for the second time.
    mutating func renounces(_ error: LogError, upTo position: Position, _ log: EventLog) -> Bool {
        guard case .damaged(let place, _) = error, place <= position, log.isReadable(around: place) else { return false }
        return renounced.insert(place).inserted
    }
}

extension JourneyViews {
    /// Follows the log until the views are closed.
    func follow(_ store: ViewStore) {
        let checkpoints = CheckpointWriter(store)
        defer { checkpoints.close() }
        resume(from: store)
        var course = Course(beginning: log.first)
        while true {
            waitForWork([isOutdated ? course.pause : nil, parked.isEmpty ? nil : course.nextLook].compactMap(\.self).min())
            do throws(LogError) {
                try advance(&course, store, checkpoints)
            } catch {
                if course.renounces(error, upTo: position, log) {
                    // What hangs on it is worked out again without it, as a replay would.
                    startAnew(&course, store, checkpoints)
                    wakeUp()
                    continue
                }
                phaseNow.withLock { $0 = .stopped(error) }
                rest(retryPause)
                // Whatever came meanwhile, there is something to do.
                wakeUp()
                if isClosing.load(ordering: .acquiring) { break }
                continue
            }
            if isClosing.load(ordering: .acquiring) { break }
            settle(&course)
        }
        // Views that are stored and do not answer yet are what the next start goes on with.
        if course.isUnsaved, course.rebuild?.storing == nil {
            checkpoints.wait()
            save(by: checkpoints)
            checkpoints.wait()
        }
        phaseNow.withLock { $0 = .closed }
    }

    /// Takes in all that is there.
    private func advance(_ course: inout Course, _ store: ViewStore, _ checkpoints: CheckpointWriter) throws(LogError) {
        if course.nextLook <= .now {
            if try lookAgain() { course.isUnsaved = true }
            course.nextLook = .now + retryPause
        }
        while position < log.tail || log.first != course.beginning || course.pause <= .now && isOutdated,
            !isClosing.load(ordering: .acquiring)
        {
            if log.first != course.beginning {
                course.beginning = log.first
                startAnew(&course, store, checkpoints)
            }
            if position < log.tail {
                try catchUp()
                course.isUnsaved = true
            }
            // Until all that was stored is in, another map may yet come.
            if course.pause <= .now, isLive || position >= log.tail { build(&course, checkpoints) }
            // While views are stored that will answer, those that do are not.
            if course.lastCheckpoint.duration(to: .now) > JourneyViews.checkpointPause, checkpoints.isIdle, course.rebuild?.storing == nil {
                save(by: checkpoints)
                (course.lastCheckpoint, course.isUnsaved) = (.now, false)
            }
        }
    }

    /// Builds the views under another map for a while, where that is due.
    private func build(_ course: inout Course, _ checkpoints: CheckpointWriter) {
        do throws(LogError) {
            if try goOn(&course.rebuild, checkpoints) { course.isUnsaved = true }
        } catch {
            course.pause = .now + retryPause
            if course.renounces(error, upTo: course.rebuild?.state.timelines.position ?? 0, log) { abandon(&course.rebuild, checkpoints) }
            rebuilding.withLock { $0 = Rebuild.Progress(share: $0?.share ?? 0, reason: "\(error)") }
        }
    }

    /// Says that all is in, and folds what has come.
    private func settle(_ course: inout Course) {
        if !isLive {
            // What a replay has brought is folded before anybody is told that the views are up to date.
            state.withLock { $0.settle() }
            phaseNow.withLock { $0 = .live }
            release()
        }
        // What comes in the next moments is taken in together: following each commit at once costs those who wait for it.
        if waiters.isEmpty { usleep(JourneyViews.breath) }
        // What came is folded when nothing comes for a moment, once a second otherwise, or when somebody asks.
        if position >= log.tail || course.lastSettled.duration(to: .now) > JourneyViews.settlePause {
            state.withLock { $0.settle() }
            course.lastSettled = .now
        }
    }

    /// Waits until there is something to do.
    ///
    /// - Parameter moment: when there is, whatever comes.
    private func waitForWork(_ moment: ContinuousClock.Instant?) {
        guard let moment else {
            wake.lock(whenValue: true)
            return wake.unlock(withValue: false)
        }
        let seconds = max(0, ContinuousClock.now.duration(to: moment) / .seconds(1))
        if wake.lock(whenValue: true, timeoutSeconds: seconds) { wake.unlock(withValue: false) }
    }

    /// Waits so long, or until the views are closed.
    private func rest(_ pause: Duration) {
        let end = ContinuousClock.now + pause
        while ContinuousClock.now < end, !isClosing.load(ordering: .acquiring) {
            guard wake.lock(whenValue: true, timeoutSeconds: 1) else { continue }
            wake.unlock(withValue: false)
        }
    }

    /// Takes in the next events, a batch at a time, so that questions get their turn.
    private func catchUp() throws(LogError) {
        var failure: LogError?
        let position = state.withLock { state -> Position in
            do throws(LogError) { try state.take(JourneyViews.batch, from: log) } catch { failure = error }
            parkedNow.withLock { $0 = state.timelines.parked }
            // What retention took away counts as seen: nothing of it will come.
            return max(state.timelines.position, log.first - 1)
        }
        seen.store(position, ordering: .releasing)
        release()
        if let failure { throw failure }
    }

    /// Looks again at the events that are parked, and folds in those that can be read now.
    ///
    /// - Returns: whether there are some.
    private func lookAgain() throws(LogError) -> Bool {
        let count = parked.count
        guard count > 0 else { return false }
        var failure: LogError?
        state.withLock { state in
            do throws(LogError) { try state.takeParked(from: log) } catch { failure = error }
            parkedNow.withLock { $0 = state.timelines.parked }
        }
        release()
        if let failure { throw failure }
        return parked.count < count
    }

    /// Forgets everything: what retention took away, or cannot be read any more, is not in the views either, as it would not be after a replay.
    private func startAnew(_ course: inout Course, _ store: ViewStore, _ checkpoints: CheckpointWriter) {
        checkpoints.wait()
        course.rebuild = nil
        phaseNow.withLock { $0 = .replaying }
        begin()
        try? store.clear()
    }
}
