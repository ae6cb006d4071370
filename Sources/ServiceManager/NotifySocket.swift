internal import Glibc

/// What a service says of itself (sd_notify(3)).
package enum ServiceState: Equatable, Sendable {
    /// It serves.
    case ready
    /// It reads its configuration again, since this moment: microseconds of the monotonic clock.
    case reloading(since: UInt64)
    /// It is about to end.
    case stopping
    /// It is alive: to be said again within `WATCHDOG_USEC`.
    case alive
    /// It needs so many microseconds more, from now on, to start or to stop.
    case needsTime(UInt64)
    /// One line for people.
    case status(String)

    /// The lines of the protocol.
    var text: String {
        switch self {
        case .ready: "READY=1"
        case .reloading(let since): "RELOADING=1\nMONOTONIC_USEC=\(since)"
        case .stopping: "STOPPING=1"
        case .alive: "WATCHDOG=1"
        case .needsTime(let microseconds): "EXTEND_TIMEOUT_USEC=\(microseconds)"
        // A line feed would begin another assignment.
        case .status(let line): "STATUS=" + String(line.map { $0.isNewline ? " " : $0 })
        }
    }

    /// Reloading, from now on.
    package static var reloadingNow: ServiceState {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return .reloading(since: UInt64(time.tv_sec) * 1_000_000 + UInt64(time.tv_nsec) / 1000)
    }
}

/// The way to the service manager: the datagram socket that `NOTIFY_SOCKET` names.
///
/// Written here and not taken from libsystemd, which would be a dependency for forty lines.
package final class NotifySocket: Sendable {
    private static let patienceSeconds = 5

    private let socket: UnixDatagramSocket

    /// - Parameter address: the value of `NOTIFY_SOCKET`: a path, or a name in the abstract namespace where it begins with `@`.
    /// - Returns: nil where the address is none.
    package init?(address: String) {
        guard let socket = UnixDatagramSocket(address) else { return nil }
        // A manager that does not read for so long is not told: what it should know is said again by the next state.
        socket.limitSending(seconds: NotifySocket.patienceSeconds)
        self.socket = socket
    }

    /// The socket that the environment names; nil where nobody wants to be told.
    package convenience init?(environment: [String: String]) {
        guard let address = environment["NOTIFY_SOCKET"], !address.isEmpty else { return nil }
        self.init(address: address)
    }

    /// Tells the service manager, in one datagram.
    ///
    /// - Returns: whether it was taken.
    @discardableResult
    package func send(_ states: ServiceState...) -> Bool {
        socket.send(Array(states.map(\.text).joined(separator: "\n").utf8))
    }
}
