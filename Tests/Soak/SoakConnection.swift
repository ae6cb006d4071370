import Glibc

/// What went wrong in a way that a restart explains.
struct ConnectionLost: Error {}

/// A blocking HTTP/1.1 connection over the daemon's socket, cheap enough to follow many events.
final class SoakConnection {
    private let descriptor: Int32
    private var buffer = [UInt8](repeating: 0, count: 256 << 10)
    private var unread = 0..<0
    private static let answerSeconds = 60

    init(_ path: String) throws(ConnectionLost) {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var limit = timeval(tv_sec: SoakConnection.answerSeconds, tv_usec: 0)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
        let code = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe connect(descriptor, address, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard code == 0 else { throw ConnectionLost() }
    }

    deinit {
        close(descriptor)
    }

    /// Sends a request and reads its whole answer.
    func request(_ head: String, _ body: [UInt8] = []) throws(ConnectionLost) -> (status: Int, body: [UInt8]) {
        try send(Array("\(head)\r\nHost: x\r\nContent-Length: \(body.count)\r\n\r\n".utf8) + body)
        let head = try readHead()
        var content: [UInt8] = []
        if head.isChunked {
            while let chunk = try readChunk() { content += chunk }
        } else {
            content = try take(head.length)
        }
        return (head.status, content)
    }

    func send(_ bytes: [UInt8]) throws(ConnectionLost) {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes[sent...].withUnsafeBytes { rest in
                unsafe Glibc.send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw ConnectionLost() }
            sent += count
        }
    }

    func readHead() throws(ConnectionLost) -> (status: Int, length: Int, isChunked: Bool) {
        let status = try readLine().split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        var (length, isChunked) = (0, false)
        while case let line = try readLine(), !line.isEmpty {
            let line = line.lowercased()
            if line.hasPrefix("content-length:") { length = Int(line.dropFirst(15).filter { $0 != " " }) ?? 0 }
            if line.hasPrefix("transfer-encoding:") { isChunked = true }
        }
        return (status, length, isChunked)
    }

    /// The next chunk of a chunked answer; nil at its end.
    func readChunk() throws(ConnectionLost) -> [UInt8]? {
        guard let size = Int(try readLine(), radix: 16) else { throw ConnectionLost() }
        let chunk = try take(size)
        _ = try readLine()
        return size == 0 ? nil : chunk
    }

    private func readLine() throws(ConnectionLost) -> String {
        var line: [UInt8] = []
        while true {
            if unread.isEmpty { try receive() }
            let byte = buffer[unread.lowerBound]
            unread = (unread.lowerBound + 1)..<unread.upperBound
            if byte == UInt8(ascii: "\n") { return String(decoding: line, as: UTF8.self) }
            if byte != UInt8(ascii: "\r") { line.append(byte) }
        }
    }

    private func take(_ count: Int) throws(ConnectionLost) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        while bytes.count < count {
            if unread.isEmpty { try receive() }
            let end = min(unread.upperBound, unread.lowerBound + count - bytes.count)
            bytes += buffer[unread.lowerBound..<end]
            unread = end..<unread.upperBound
        }
        return bytes
    }

    private func receive() throws(ConnectionLost) {
        let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
        guard count > 0 else { throw ConnectionLost() }
        unread = 0..<count
    }
}
