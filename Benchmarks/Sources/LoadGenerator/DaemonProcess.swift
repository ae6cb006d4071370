import Glibc
import Synchronization

/// A daemon started for the measurement.
final class DaemonProcess {
    let socket: String
    private let program: Program
    /// Seconds from its start until it answered `/v1/status` and took an event.
    let ready: Double

    init(_ path: String, directory: String) throws {
        // In /tmp, as the path of a socket may have 103 bytes at most; the log lies in the directory that is measured.
        socket = "/tmp/bench-\(getpid()).sock"
        unlink(socket)
        let start = now()
        program = try Program(
            path, ["--data", "\(directory)/data", "--socket", socket], standardOutput: "/dev/null", standardError: "\(directory)/stderr")
        let end = now() + 60
        var connection: Connection?
        while connection == nil {
            guard now() < end else { throw Failure(description: "\(path) does not listen on \(socket)") }
            connection = try? Connection(socket)
            usleep(500)
        }
        if let connection {
            _ = try DaemonProcess.status(connection)
            var request = EventBuffer(request: EventTemplate(client: 99_999), count: 1)
            // The same each time: it is stored once, and looked up at each start, as the ids of the others must be.
            request.number(from: 1)
            try connection.send(request.bytes)
            let answer = try connection.answer()
            guard answer.status == 200 else { throw Failure(description: String(decoding: answer.body, as: UTF8.self)) }
        }
        ready = now() - start
    }

    func stop() { program.stop() }

    func kill() { program.kill() }

    /// Bytes that are resident and backed by no file.
    var anonymousBytes: Int {
        get throws {
            let lines = try File.read("/proc/\(program.process)/status").split(separator: "\n")
            let line = lines.first { $0.hasPrefix("RssAnon:") } ?? ""
            return (line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0) * 1024
        }
    }

    func status() throws -> (position: Int, bytes: Int) {
        try DaemonProcess.status(try Connection(socket))
    }

    static func status(_ connection: Connection) throws -> (position: Int, bytes: Int) {
        try connection.send(Array("GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
        let text = String(decoding: try connection.answer().body, as: UTF8.self)
        return (number("position", in: text), number("bytes", in: text))
    }

    /// The first number called `name` in a JSON text.
    private static func number(_ name: String, in text: String) -> Int {
        guard let range = text.firstRange(of: "\"\(name)\":") else { return 0 }
        return Int(text[range.upperBound...].prefix { $0.isNumber }) ?? 0
    }
}
