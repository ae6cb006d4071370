import FoundationEssentials
import Glibc
import TestSupport

/// Stands in for systemd: holds the socket, starts the daemon with it, hears what it says, and stops it.
final class ServiceManager {
    let scratch: Scratch
    let socketPath: String
    let manager: DatagramReceiver
    private let listener: Int32
    private(set) var process: pid_t = 0
    private var environment: [String: String]

    /// - Parameters:
    ///   - watchdog: microseconds after which a silent daemon would be ended.
    ///   - name: what the descriptor is called.
    init(_ scratch: Scratch, watchdog: Int = 400_000, name: String = "journeyd.socket", environment: [String: String] = [:]) throws {
        self.scratch = scratch
        socketPath = scratch.path + "/s"
        manager = try DatagramReceiver(scratch.path + "/notify")
        listener = try ServiceManager.listen(socketPath)
        self.environment = environment.merging([
            "NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "\(watchdog)", "LISTEN_FDS": "1", "LISTEN_FDNAMES": name,
        ]) { $1 }
    }

    deinit {
        close(listener)
        if process > 0 {
            kill(process, SIGKILL)
            waitpid(process, nil, 0)
        }
    }

    private static func listen(_ path: String) throws -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
        let code = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe bind(descriptor, address, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard code == 0, Glibc.listen(descriptor, 4096) == 0 else { throw Daemon.Failure(description: "cannot listen at \(path)") }
        return descriptor
    }

    /// Starts the daemon with the socket as its third descriptor, as its unit would.
    func start(_ arguments: [String] = []) throws {
        let flags = ["--data", scratch.path + "/data", "--socket", socketPath] + arguments
        // LISTEN_PID is the daemon's own pid, which only it can know before it is started: the shell becomes the daemon.
        let script = ["-c", #"LISTEN_PID=$$ exec "$0" "$@""#, Daemon.programs + "journeyd"] + flags
        process = try Program.spawn("/bin/sh", script, standardError: errorFile, environment: environment, descriptor: listener)
    }

    /// Starts it and waits until it says that it is ready.
    func startAndWait(_ arguments: [String] = []) throws {
        try start(arguments)
        _ = try manager.lines { $0 == "READY=1" }
    }

    /// Sends SIGTERM and waits for the end.
    ///
    /// - Returns: the exit status, or the negative number of a signal.
    func stop(_ number: Int32 = SIGTERM) -> Int32 {
        kill(process, number)
        return wait()
    }

    /// Waits for the daemon's end.
    func wait() -> Int32 {
        var status: Int32 = 0
        unsafe waitpid(process, &status, 0)
        process = 0
        return status & 0x7F == 0 ? (status >> 8) & 0xFF : -(status & 0x7F)
    }

    private var errorFile: String { scratch.path + "/stderr" }

    /// What the daemons wrote to standard error.
    var log: String { (try? String(contentsOfFile: errorFile, encoding: .utf8)) ?? "" }

    func get(_ target: String) throws -> RawConnection.Answer {
        try RawConnection(socketPath).request("GET \(target) HTTP/1.1\r\nHost: x\r\n\r\n")
    }

    func post(_ body: String) throws -> RawConnection.Answer {
        try RawConnection(socketPath).request(ServiceManager.request(body))
    }

    /// The request that stores an event.
    static func request(_ body: String) -> String {
        "POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/cloudevents+json\r\n"
            + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }
}
