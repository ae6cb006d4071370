import Glibc

/// A blocking HTTP/1.1 connection over a Unix socket: the cheapest client there is, so that the daemon is what is measured.
final class Connection: @unchecked Sendable {
    // @unchecked Sendable: one thread sends while another reads, and the two touch nothing in common but the descriptor.
    private let descriptor: Int32
    private var received: [UInt8] = []
    private var start = 0

    init(_ path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
        guard code == 0 else { throw Failure(description: "cannot connect to \(path)") }
    }

    deinit {
        close(descriptor)
    }

    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { throw Failure(description: "the daemon closed the connection") }
            sent += count
        }
    }

    /// Reads an answer with a Content-Length.
    func answer() throws -> (status: Int, body: [UInt8]) {
        let head = try readHead()
        let length = head.headers.first { $0.hasPrefix("content-length:") }.flatMap { Int($0.dropFirst(15).filter { $0 != " " }) } ?? 0
        return (head.status, try take(length))
    }

    /// Reads a chunked answer to its end.
    func drainChunks() throws -> Int {
        let status = try readHead().status
        while let size = Int(try readLine(), radix: 16) {
            _ = try take(size)
            _ = try readLine()
            if size == 0 { break }
        }
        return status
    }

    private func readHead() throws -> (status: Int, headers: [String]) {
        let status = try readLine().split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        var headers: [String] = []
        while case let line = try readLine(), !line.isEmpty { headers.append(line.lowercased()) }
        return (status, headers)
    }

    private func readLine() throws -> String {
        while true {
            if let end = received[start...].firstIndex(of: 10) {
                defer { start = end + 1 }
                return String(decoding: received[start..<end].filter { $0 != 13 }, as: UTF8.self)
            }
            try receive()
        }
    }

    private func take(_ count: Int) throws -> [UInt8] {
        while received.count - start < count { try receive() }
        defer { start += count }
        return Array(received[start..<(start + count)])
    }

    private func receive() throws {
        received.removeFirst(start)
        start = 0
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = buffer.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
        guard count > 0 else { throw Failure(description: "the daemon closed the connection") }
        received += buffer[..<count]
    }
}
