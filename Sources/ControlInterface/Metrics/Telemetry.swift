package import EventLog
internal import Synchronization

/// What the daemon counts of itself while it runs, for `GET /metrics`.
package final class Telemetry: Sendable {
    /// A kind of request and how it was answered.
    struct Key {
        let route: String
        let status: Int
    }

    /// What is counted of one kind of request. One that was answered with 200 takes no lock: nearly all are.
    private final class Route: Sendable {
        let durations = Histogram(first: 64)
        let succeeded = AtomicCount()
        let others = Mutex<[Int: Int]>([:])
    }

    /// What requests are called that are none of the interface's calls.
    private static let otherRoute = "other"
    // By the call; nil is none.
    private let routes = Dictionary(uniqueKeysWithValues: (Endpoint.allCases.map(Optional.some) + [nil]).map { ($0, Route()) })
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
    ///   - endpoint: the call; nil where it was none.
    ///   - microseconds: from its head to the end of the answer.
    package func answered(_ endpoint: Endpoint?, status: Int, microseconds: Int) {
        guard let route = routes[endpoint] else { return }
        if status == 200 { route.succeeded.add(1) } else { route.others.withLock { $0[status, default: 0] += 1 } }
        route.durations.add(microseconds)
    }

    /// Counts an event or a request that was refused with this code.
    package func refused(_ code: String, count: Int = 1) {
        refused.withLock { $0[code, default: 0] += count }
    }

    var answeredRequests: [(key: Key, count: Int)] {
        namedRoutes.flatMap { (name, route) in
            let others = route.others.withLock { Array($0) }
            let all = ([(key: 200, value: route.succeeded.value)] + others).sorted { $0.key < $1.key }
            return all.filter { $0.value > 0 }.map { (Key(route: name, status: $0.key), $0.value) }
        }
    }

    var requestDurations: [(route: String, counts: Histogram.Counts)] {
        namedRoutes.map { ($0.name, $0.route.durations.snapshot) }.filter { $0.1.total > 0 }
    }

    private var namedRoutes: [(name: String, route: Route)] {
        routes.map { ($0.key?.name ?? Telemetry.otherRoute, $0.value) }.sorted { $0.name < $1.name }
    }

    var refusals: [(code: String, count: Int)] {
        refused.withLock { $0.map { ($0.key, $0.value) } }.sorted { $0.code < $1.code }
    }
}
