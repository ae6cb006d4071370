import Glibc
import Synchronization

/// A thread, as clients that wait for answers block.
final class SoakThread: Sendable {
    private let thread: Mutex<pthread_t>

    private final class Box {
        let run: () -> Void
        init(_ run: @escaping () -> Void) { self.run = run }
    }

    init(_ body: @escaping @Sendable () -> Void) {
        let box = unsafe Unmanaged.passRetained(Box(body))
        var created = pthread_t()
        unsafe pthread_create(
            &created, nil,
            { argument in
                if let argument = unsafe argument { unsafe Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().run() }
                return nil
            }, unsafe box.toOpaque())
        thread = Mutex(created)
    }

    /// Waits for its end.
    func join() {
        pthread_join(thread.withLock { $0 }, nil)
    }
}

/// What all threads know: whether to go on, where the daemon is, and what was found.
final class SoakState: Sendable {
    private struct Findings {
        var faults: [String] = []
        var latencies: [Int] = []
    }

    let socket: String
    private let stopped = Atomic(false)
    private let finalTail = Atomic(-1)
    private let findings = Mutex(Findings())
    private static let mostFaults = 20

    init(socket: String) {
        self.socket = socket
    }

    /// Whether emitters and askers are to end.
    var isStopped: Bool { stopped.load(ordering: .acquiring) }

    /// The last position there will be; nil while more may come.
    var tail: Int? {
        let tail = finalTail.load(ordering: .acquiring)
        return tail < 0 ? nil : tail
    }

    var faults: [String] { findings.withLock { $0.faults } }
    /// How long questions took, in microseconds.
    var latencies: [Int] { findings.withLock { $0.latencies } }

    func stop() { stopped.store(true, ordering: .releasing) }

    func end(tail: Int) { finalTail.store(tail, ordering: .releasing) }

    func fault(_ text: String) {
        findings.withLock { if $0.faults.count < SoakState.mostFaults { $0.faults.append(text) } }
    }

    func answered(microseconds: Int) { findings.withLock { $0.latencies.append(microseconds) } }

    /// A connection, however long the daemon is away; nil when all is over.
    func connect() -> SoakConnection? {
        while tail == nil || !isStopped {
            if let connection = try? SoakConnection(socket) { return connection }
            usleep(2_000)
        }
        return try? SoakConnection(socket)
    }
}
