import Glibc
import Synchronization

/// A daemon started for the measurement.
final class DaemonProcess {
    let socket: String
    private var process: pid_t = 0

    init(_ program: String, directory: String) throws {
        // In /tmp, as the path of a socket may have 103 bytes at most; the log lies in the directory that is measured.
        socket = "/tmp/bench-\(getpid()).sock"
        let arguments: [String] = [program, "--data", "\(directory)/data", "--socket", socket]
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { words.forEach { free($0) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_addopen(&actions, 2, "\(directory)/stderr", O_WRONLY | O_CREAT, 0o600)
        guard posix_spawn(&process, program, &actions, nil, &words, environ) == 0 else {
            throw Failure(description: "cannot start \(program)")
        }
        let end = now() + 30
        while (try? Connection(socket)) == nil {
            guard now() < end else { throw Failure(description: "\(program) does not listen on \(socket)") }
            usleep(10_000)
        }
    }

    func stop() {
        kill(process, SIGTERM)
        var status: Int32 = 0
        waitpid(process, &status, 0)
    }

    func status() throws -> (events: Int, bytes: Int) {
        let connection = try Connection(socket)
        try connection.send(Array("GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
        let text = String(decoding: try connection.answer().body, as: UTF8.self)
        return (Self.number("events", in: text), Self.number("bytes", in: text))
    }

    /// The first number called `name` in a JSON text.
    static func number(_ name: String, in text: String) -> Int {
        guard let range = text.firstRange(of: "\"\(name)\":") else { return 0 }
        return Int(text[range.upperBound...].prefix { $0.isNumber }) ?? 0
    }
}

/// A thread, as clients that wait for answers block.
final class Worker: Sendable {
    private let thread: Mutex<pthread_t>
    private let shared: Shared

    private final class Box {
        let run: () -> Void
        init(_ run: @escaping () -> Void) { self.run = run }
    }

    init(_ body: @escaping @Sendable () throws -> Void) {
        let shared = Shared()
        let box = Unmanaged.passRetained(
            Box {
                do { try body() } catch { shared.failure.withLock { $0 = error } }
            })
        var created = pthread_t()
        pthread_create(
            &created, nil,
            { argument in
                if let argument { Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().run() }
                return nil
            }, box.toOpaque())
        thread = Mutex(created)
        self.shared = shared
    }

    private final class Shared: Sendable {
        let failure = Mutex<(any Error)?>(nil)
    }

    /// Waits for the end.
    func join() throws {
        pthread_join(thread.withLock { $0 }, nil)
        if let failure = shared.failure.withLock({ $0 }) { throw failure }
    }
}

/// How often a device can be flushed.
enum FlushRate {
    static func measure(in directory: String, seconds: Double) throws -> Double {
        let path = "\(directory)/flush"
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        guard file >= 0 else { throw Failure(description: "cannot write to \(directory)") }
        defer {
            close(file)
            unlink(path)
        }
        let page = [UInt8](repeating: 7, count: 4096)
        let start = now()
        var count = 0
        while now() - start < seconds {
            write(file, page, page.count)
            fdatasync(file)
            count += 1
        }
        return Double(count) / (now() - start)
    }
}
