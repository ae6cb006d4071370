/// Decides when a batch is sent and what becomes of it: a state machine without I/O, told what the time is.
///
/// One batch is under way at a time, and it is the oldest: so events of one subject reach the log in the order in which they were emitted.
/// A batch whose fate is not known is sent again as it was; the daemon knows what it has of it.
package struct DeliveryMachine: Sendable {
    /// What waits.
    package struct Load: Equatable, Sendable {
        package var events: Int
        package var bytes: Int

        package init(events: Int, bytes: Int) {
            (self.events, self.bytes) = (events, bytes)
        }
    }

    /// What to do next.
    package enum Step: Equatable {
        /// Send the oldest events, at most so many.
        case send(Load)
        /// Nothing until this moment, or until events come.
        case wait(until: Duration)
        /// Nothing until events come.
        case waitForEvents
        /// All was sent, and no more will come.
        case finished
    }

    /// What to do with a batch after a try.
    package enum Settlement: Equatable {
        /// It is done with; these of its events, by their place in it, will never be taken.
        case remove(rejected: [Rejection])
        /// It is to be sent again, or a part of it.
        case keep
    }

    private enum State: Equatable {
        case idle
        case sending(since: Duration)
        case pausing(until: Duration)
    }

    private let options: EmitterOptions
    private var state = State.idle
    private var backoff: Backoff
    // Smaller than the option says after a refusal that names no event: halves are sent until the one is found.
    private var batchEvents: Int
    private var waitingSince: Duration?
    /// Whether what waits is to be sent without lingering.
    package var isFlushing = false
    /// Whether no more events will come.
    package var isClosing = false

    package init(_ options: EmitterOptions, seed: UInt64) {
        self.options = options
        batchEvents = options.batchEvents
        backoff = Backoff(first: options.firstPause, longest: options.longestPause, seed: seed)
    }

    /// Failed tries in a row.
    package var failures: Int { backoff.failures }

    /// Notes that events came.
    package mutating func arrived(at now: Duration) {
        if waitingSince == nil { waitingSince = now }
    }

    /// Whether so much would be sent without waiting for more.
    package func isDue(_ load: Load, at now: Duration) -> Bool {
        let hasLingered = waitingSince.map { now >= $0 + options.linger } ?? false
        return load.events >= batchEvents || load.bytes >= options.batchBytes || isFlushing || isClosing || hasLingered
    }

    /// What to do next, while no batch is under way.
    package mutating func next(_ load: Load, at now: Duration) -> Step {
        if case .sending = state { preconditionFailure("a batch is under way") }
        if case .pausing(let end) = state {
            guard now >= end else { return .wait(until: end) }
            state = .idle
        }
        guard load.events > 0 else {
            waitingSince = nil
            return isClosing ? .finished : .waitForEvents
        }
        arrived(at: now)
        guard isDue(load, at: now) else { return .wait(until: (waitingSince ?? now) + options.linger) }
        state = .sending(since: now)
        return .send(Load(events: batchEvents, bytes: options.batchBytes))
    }

    /// Notes how a try went.
    ///
    /// - Parameter events: how many events the batch under way has.
    package mutating func settle(_ outcome: DeliveryOutcome, events: Int, at now: Duration) -> Settlement {
        guard case .sending(let since) = state else { preconditionFailure("no batch is under way") }
        switch outcome {
        case .answered(let rejected):
            succeeded(since)
            batchEvents = min(options.batchEvents, batchEvents * 2)
            return .remove(rejected: rejected)
        case .refused where events > 1:
            state = .idle
            batchEvents = max(1, min(batchEvents, events) / 2)
            return .keep
        case .refused(let problem):
            succeeded(since)
            return .remove(rejected: [Rejection(place: 0, code: problem.code, detail: problem.detail)])
        case .failed(_, let asked):
            fail(at: now, pausing: asked ?? .zero)
            return .keep
        }
    }

    /// Notes a failure on this side: what was under way is sent again.
    package mutating func fail(at now: Duration, pausing atLeast: Duration = .zero) {
        state = .pausing(until: now + max(backoff.next(), atLeast))
    }

    private mutating func succeeded(_ since: Duration) {
        state = .idle
        backoff.reset()
        // What waits now came after the batch was taken, or was due anyway.
        waitingSince = since
    }
}

/// How a try to deliver a batch went.
package enum DeliveryOutcome: Equatable, Sendable {
    /// The daemon has all of it but these.
    case answered(rejected: [Rejection])
    /// The daemon will never take it as it is.
    case refused(Rejection)
    /// It is not known what the daemon has of it, or it takes nothing now; it may ask to be left alone for a while.
    case failed(reason: String, after: Duration?)
}

/// An event of a batch that will never be taken.
package struct Rejection: Equatable, Sendable {
    /// Its place in the batch, from 0.
    package let place: Int
    /// The daemon's stable code.
    package let code: String
    /// What is wrong with it.
    package let detail: String

    package init(place: Int, code: String, detail: String) {
        (self.place, self.code, self.detail) = (place, code, detail)
    }
}
