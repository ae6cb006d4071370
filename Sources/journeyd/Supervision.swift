internal import ControlInterface
internal import EventLog
internal import JourneyServer
internal import Logging
internal import ServiceManager

/// The daemon under a service manager: what it says of itself, and when. Does nothing where nobody asked to be told.
struct Supervision {
    private let supervisor: Supervisor?
    private let turns: Task<Void, Never>?

    init(_ environment: [String: String], _ logger: Logger) {
        guard let socket = NotifySocket(environment: environment) else {
            (supervisor, turns) = (nil, nil)
            return
        }
        let supervisor = Supervisor(socket, environment: environment)
        self.supervisor = supervisor
        turns = Task.detached {
            while !Task.isCancelled {
                let (late, turns) = supervisor.turn()
                if turns == 1 {
                    logger.error("no sign of life is given", metadata: ["missing": "\(late.joined(separator: ", "))"])
                }
                do { try await Task.sleep(for: supervisor.pause) } catch { return }
            }
        }
    }

    /// Says that the daemon serves as soon as the log's writer answers: before, events would be taken and not be stored.
    func readyWhenAnswering(_ interface: ControlInterface, _ server: JourneyServer) {
        guard let supervisor else { return }
        let log = interface.log
        supervisor.describe { interface.statusLine }
        let loops = server.loopProbes.enumerated().map { index, ask in Watchdog.Probe("event loop \(index + 1)", ask: ask) }
        let writer = Watchdog.Probe("the log's writer") { answer in log.whenWriterAnswers(answer) }
        log.whenWriterAnswers { supervisor.ready(watching: [writer] + loops) }
    }

    /// Says that the configuration is read again while `body` runs.
    func reload(_ body: () async -> Void) async {
        guard let supervisor else { return await body() }
        await supervisor.reload(body)
    }

    func stopping() {
        supervisor?.stopping()
    }

    func end() {
        turns?.cancel()
    }
}
