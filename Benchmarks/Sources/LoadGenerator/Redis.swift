import Glibc

/// Redis Streams on the same directory, as durable as can be: every answer after its flush (`appendfsync always`).
final class Redis {
    private let socket = "/tmp/bench-redis-\(getpid()).sock"
    private let server: Program
    private let benchmark: String

    /// - Returns: nil where there is no Redis on this machine.
    init?(directory: String) throws {
        guard let server = Program.find("redis-server"), let benchmark = Program.find("redis-benchmark") else { return nil }
        self.benchmark = benchmark
        self.server = try Program(
            server,
            [
                "--port", "0", "--unixsocket", socket, "--dir", directory, "--appendonly", "yes", "--appendfsync", "always", "--save", "",
                "--auto-aof-rewrite-percentage", "0", "--logfile", "redis.log",
            ], standardOutput: "/dev/null")
        let end = now() + 30
        while (try? Connection(socket)) == nil {
            guard now() < end else { throw Failure(description: "redis-server does not listen") }
            usleep(10_000)
        }
    }

    deinit {
        server.stop()
        unlink(socket)
    }

    /// Entries a second of this shape, as redis-benchmark tells.
    ///
    /// - Parameter payload: bytes of an entry.
    func drive(_ shape: Shape, entries: Int, payload: Int, directory: String) throws -> Double {
        let output = "\(directory)/redis-benchmark"
        let arguments = [
            "-s", socket, "-c", "\(shape.clients)", "-P", "\(shape.batch)", "-n", "\(entries)", "--csv", "XADD", "events", "*", "event",
            String(repeating: "x", count: payload),
        ]
        try Program(benchmark, arguments, standardOutput: output).wait()
        // "test","rps","avg_latency_ms",… and then the test's line.
        let lines = try File.read(output).split(separator: "\n")
        guard let line = lines.last, let rate = line.split(separator: "\",\"").dropFirst().first.flatMap({ Double($0) }) else {
            throw Failure(description: "redis-benchmark says \(lines)")
        }
        return rate
    }
}
