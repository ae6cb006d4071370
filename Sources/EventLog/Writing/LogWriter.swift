internal import JourneyModel
internal import LMDB
internal import NIOConcurrencyHelpers
internal import Synchronization

/// The one thread that writes: takes all that waits, stores it in one transaction, and answers after the flush.
///
/// A lone client waits for nobody; a crowd shares two device flushes. Nothing waits on purpose to make groups larger.
final class LogWriter: Sendable {
    /// How much may wait, and how much goes into one commit.
    struct Limits {
        var waitingEvents = 400_000
        var waitingBytes = 128 << 20
        var commitEvents = 20_000
        var commitBytes = 24 << 20
    }

    private struct Queue {
        var requests: [AppendRequest] = []
        var events = 0
        var bytes = 0
        var isClosed = false
    }

    // The lock's value says whether the writer has something to do: requests, or the end.
    private let lock = ConditionLock(value: false)
    private let queue = Mutex(Queue())
    private let limits: Limits

    init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// Adds a request to the queue, whose completion will be called.
    ///
    /// - Throws: `.overloaded` or `.closed`; the completion is then not called.
    func submit(_ request: AppendRequest) throws(LogError) {
        if let refusal = submit([request]).refusal { throw refusal }
    }

    /// Adds requests to the queue in order, until one is refused.
    ///
    /// - Returns: how many were taken, whose completions will be called, and why no more were.
    func submit(_ requests: [AppendRequest]) -> (taken: Int, refusal: LogError?) {
        lock.lock()
        let result = queue.withLock { queue -> (taken: Int, refusal: LogError?) in
            guard !queue.isClosed else { return (0, .closed) }
            for (index, request) in requests.enumerated() {
                // What brings no events waits in the queue's order, and not for room.
                let isFull = queue.events >= limits.waitingEvents || queue.bytes >= limits.waitingBytes
                guard !isFull || request.batch.drafts.isEmpty else { return (index, .overloaded) }
                queue.requests.append(request)
                queue.events += request.batch.drafts.count
                queue.bytes += request.batch.bytes.count
            }
            return (requests.count, nil)
        }
        lock.unlock(withValue: true)
        return result
    }

    /// Lets the writer finish what waits and then end.
    func close() {
        lock.lock()
        queue.withLock { $0.isClosed = true }
        lock.unlock(withValue: true)
    }

    /// How many events wait.
    var waiting: Int { queue.withLock { $0.events } }

    /// Waits for requests.
    ///
    /// - Parameter seconds: how long, at most; nil for ever.
    /// - Returns: as many as one commit takes, at least one; empty when the queue is closed and all is done; nil where the time is over.
    func next(within seconds: Double? = nil) -> [AppendRequest]? {
        while true {
            guard let requests = take(within: seconds) else { return nil }
            // Woken by a request that was refused: there is nothing, and it is not the end.
            if !requests.isEmpty || queue.withLock({ $0.isClosed }) { return requests }
        }
    }

    private func take(within seconds: Double?) -> [AppendRequest]? {
        if let seconds {
            guard lock.lock(whenValue: true, timeoutSeconds: seconds) else { return nil }
        } else {
            lock.lock(whenValue: true)
        }
        let (requests, more) = queue.withLock { queue -> ([AppendRequest], Bool) in
            var (count, events, bytes) = (0, 0, 0)
            for request in queue.requests {
                if count > 0, events + request.batch.drafts.count > limits.commitEvents || bytes > limits.commitBytes { break }
                events += request.batch.drafts.count
                bytes += request.batch.bytes.count
                count += 1
                // What comes behind an order is stored after it was carried out.
                if request.order != nil { break }
            }
            var taken: [AppendRequest] = []
            if count == queue.requests.count {
                swap(&taken, &queue.requests)
            } else {
                taken = Array(queue.requests.prefix(count))
                queue.requests.removeFirst(count)
            }
            queue.events -= events
            queue.bytes -= bytes
            return (taken, !queue.requests.isEmpty || queue.isClosed)
        }
        lock.unlock(withValue: more)
        return requests
    }
}
