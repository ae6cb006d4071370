internal import Synchronization

/// Keeps the service manager informed, from the start to the end: signs of life, more time, a line of status.
///
/// What is said when depends on the phase; ``turn()`` is called at the pace of ``pause``.
package final class Supervisor: Sendable {
    private enum Phase {
        case starting, stopping
        case serving(Watchdog)
    }

    private struct State {
        var phase = Phase.starting
        var activity = ProcessActivity()
        var said = ""
        var lateTurns = 0
    }

    /// The most that passes between two turns.
    private static let longestPause = Duration.seconds(5)
    /// More time, each time that it is asked for: several turns of it, so that a late one does no harm.
    private static let moreTime: UInt64 = 30_000_000

    /// How long a turn takes: four fit into the time after which the manager acts.
    package let pause: Duration
    private let socket: NotifySocket
    private let state = Mutex(State())
    private let status: Mutex<@Sendable () -> String> = Mutex { "starting" }

    /// - Parameters:
    ///   - socket: where to say it.
    ///   - environment: its `WATCHDOG_USEC` is what the manager waits for a sign of life, if it does.
    package init(_ socket: NotifySocket, environment: [String: String]) {
        self.socket = socket
        let limit = environment["WATCHDOG_USEC"].flatMap { Int($0) } ?? 0
        pause = limit > 0 ? min(.microseconds(limit / 4), Supervisor.longestPause) : Supervisor.longestPause
    }

    /// What a person may read of the state from now on.
    package func describe(_ status: @escaping @Sendable () -> String) {
        self.status.withLock { $0 = status }
    }

    /// The daemon serves, and from now on these threads have to answer. Of no effect when it is stopping already.
    package func ready(watching probes: [Watchdog.Probe]) {
        let watchdog = Watchdog(probes)
        let isFirst = state.withLock { state in
            guard case .starting = state.phase else { return false }
            state.phase = .serving(watchdog)
            return true
        }
        if isFirst { socket.send(.ready, .status(line())) }
    }

    /// The daemon reads its configuration again while `body` runs.
    package func reload(_ body: () async -> Void) async {
        socket.send(.reloadingNow)
        await body()
        socket.send(.ready, .status(line()))
    }

    /// The daemon is about to end.
    package func stopping() {
        state.withLock { $0.phase = .stopping }
        describe { "storing what was taken, and ending" }
        socket.send(.stopping, .status(line()))
    }

    /// Says what is to be said now.
    ///
    /// - Returns: which threads have not answered for so many turns; none where all is well.
    package func turn() -> (late: [String], turns: Int) {
        switch state.withLock({ $0.phase }) {
        case .starting, .stopping:
            // While it works, and only then: who hangs in a start must be ended by whoever waits for it.
            if state.withLock({ $0.activity.moved() }) { socket.send(.needsTime(Supervisor.moreTime)) }
            sayStatus(line())
            return ([], 0)
        case .serving(let watchdog):
            let late = watchdog.turn()
            let turns = state.withLock { state in
                state.lateTurns = late.isEmpty ? 0 : state.lateTurns + 1
                return state.lateTurns
            }
            guard late.isEmpty else {
                sayStatus("no answer for \(turns) turns of \(pause): \(late.joined(separator: ", "))")
                return (late, turns)
            }
            socket.send(.alive)
            sayStatus(line())
            return ([], 0)
        }
    }

    private func line() -> String { status.withLock { $0 }() }

    private func sayStatus(_ line: String) {
        let isNew = state.withLock { state in
            defer { state.said = line }
            return state.said != line
        }
        if isNew { socket.send(.status(line)) }
    }
}
