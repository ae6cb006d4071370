import Glibc
import JourneyModel

/// A connection that sends just the bytes it is told to: for what no well-behaved client does.
final class RawConnection {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    struct Answer {
        let status: Int
        let headers: [String: String]
        let body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }
        var json: JSONValue? { try? JSONValue(body.span) }
        /// The stable code of a problem.
        var code: String? { json?["code"]?.text }
        /// The lines of an answer in NDJSON.
        var lines: [JSONValue] { text.split(separator: "\n").compactMap { try? JSONValue(text: String($0)) } }
    }

    private let descriptor: Int32
    private var received: [UInt8] = []

    init(_ path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
        let code = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe connect(descriptor, address, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard code == 0 else { throw Failure(description: "cannot connect: \(unsafe String(cString: strerror(errno)))") }
        // A daemon that hangs must fail the test, not hang it.
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit {
        close(descriptor)
    }

    func send(_ text: String) throws {
        try send(Array(text.utf8))
    }

    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes[sent...].withUnsafeBytes { rest in
                unsafe Glibc.send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure(description: "cannot send: \(unsafe String(cString: strerror(errno)))") }
            sent += count
        }
    }

    /// Says that no more will be sent, and goes on listening.
    func endInput() {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Whether something has come, or comes within so many milliseconds.
    func isReadable(within milliseconds: Int32) -> Bool {
        guard received.isEmpty else { return true }
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&entry, 1, milliseconds) > 0
    }

    func request(_ text: String) throws -> Answer {
        try send(text)
        return try answer()
    }

    /// Reads one whole answer.
    func answer() throws -> Answer {
        let head = try readHead()
        var body: [UInt8] = []
        if let length = head.headers["content-length"].flatMap({ Int($0) }) {
            body = try take(length)
        } else if head.headers["transfer-encoding"] == "chunked" {
            while let chunk = try readChunk() { body += chunk }
        }
        return Answer(status: head.status, headers: head.headers, body: body)
    }

    /// Reads the head of an answer.
    func readHead() throws -> (status: Int, headers: [String: String]) {
        let status = try readLine().split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        var headers: [String: String] = [:]
        while case let line = try readLine(), !line.isEmpty {
            let sides = line.split(separator: ":", maxSplits: 1)
            headers[sides[0].lowercased()] = sides.count > 1 ? String(sides[1].drop { $0 == " " }) : ""
        }
        return (status, headers)
    }

    /// Reads a chunk of a chunked answer; nil at its end.
    func readChunk() throws -> [UInt8]? {
        guard let size = Int(try readLine(), radix: 16) else { throw Failure(description: "not a chunk") }
        let chunk = try take(size)
        _ = try readLine()
        return size == 0 ? nil : chunk
    }

    private func readLine() throws -> String {
        while true {
            if let end = received.firstIndex(of: 10) {
                let line = String(decoding: received[..<end].filter { $0 != 13 }, as: UTF8.self)
                received.removeSubrange(...end)
                return line
            }
            try receive()
        }
    }

    private func take(_ count: Int) throws -> [UInt8] {
        while received.count < count { try receive() }
        defer { received.removeFirst(count) }
        return Array(received[..<count])
    }

    private func receive() throws {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
        guard count > 0 else { throw Failure(description: count == 0 ? "closed" : unsafe String(cString: strerror(errno))) }
        received += buffer[..<count]
    }
}
