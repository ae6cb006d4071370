package import EventLog
internal import Synchronization

/// What the daemon counts of itself while it runs, for `GET /metrics`.
package final class Telemetry: Sendable {
    /// A kind of request and how it was answered.
    struct Key: Hashable {
        let route: String
        let status: Int
    }

    private let requests = Mutex<[Key: Int]>([:])
    private let durations = Mutex<[String: Histogram]>([:])
    private let refused = Mutex<[String: Int]>([:])

    /// Open connections.
    package let connections = AtomicCount()
    /// Answers that follow the log.
    package let followers = AtomicCount()
    /// Answers that were cut off as their reader did not take what was written.
    package let slowReaders = AtomicCount()

    package init() {}

    /// Counts a request that was answered.
    ///
    /// - Parameters:
    ///   - route: the route's name; a small set.
    ///   - microseconds: from its head to the end of the answer.
    package func answered(_ route: String, status: Int, microseconds: Int) {
        requests.withLock { $0[Key(route: route, status: status), default: 0] += 1 }
        let histogram = durations.withLock { durations in
            if let known = durations[route] { return known }
            let new = Histogram(first: 64)
            durations[route] = new
            return new
        }
        histogram.add(microseconds)
    }

    /// Counts an event or a request that was refused with this code.
    package func refused(_ code: String, count: Int = 1) {
        refused.withLock { $0[code, default: 0] += count }
    }

    var answeredRequests: [(key: Key, count: Int)] {
        requests.withLock { $0.map { ($0.key, $0.value) } }.sorted { ($0.key.route, $0.key.status) < ($1.key.route, $1.key.status) }
    }

    var requestDurations: [(route: String, counts: Histogram.Counts)] {
        durations.withLock { $0.map { ($0.key, $0.value.snapshot) } }.sorted { $0.route < $1.route }
    }

    var refusals: [(code: String, count: Int)] {
        refused.withLock { $0.map { ($0.key, $0.value) } }.sorted { $0.code < $1.code }
    }
}
