import Glibc

/// An HTTP/1.1 connection over a Unix socket: the cheapest client there is, so that the daemon is what is measured.
final class Connection: @unchecked Sendable {
    // @unchecked Sendable: one thread sends while another reads, and the two touch nothing in common but the descriptor.
    let descriptor: Int32
    private var buffer = [UInt8](repeating: 0, count: 65_536)
    // Where in the buffer what was received and not yet taken lies.
    private var received = 0..<0

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
            let count = bytes.withUnsafeBytes { bytes in
                let rest = UnsafeRawBufferPointer(rebasing: bytes[sent...])
                return Glibc.send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure(description: "the daemon closed the connection") }
            sent += count
        }
    }

    /// Waits for an answer with a Content-Length.
    func answer() throws -> Answer {
        while true {
            if let answer = answerAtHand() { return answer }
            try receive()
        }
    }

    /// The next answer, if all of it was received.
    func answerAtHand() -> Answer? {
        guard let head = Answer.Head(buffer[received]), received.count >= head.count + head.length else { return nil }
        let start = received.lowerBound + head.count
        received = (start + head.length)..<received.upperBound
        return Answer(status: head.status, body: buffer[start..<(start + head.length)])
    }

    /// Reads a chunked answer to its end.
    ///
    /// - Returns: its status.
    func drainChunks() throws -> Int {
        var head = Answer.Head(buffer[received])
        while head == nil {
            try receive()
            head = Answer.Head(buffer[received])
        }
        try skip(head?.count ?? 0)
        while let size = Int(try line(), radix: 16) {
            try skip(size)
            _ = try line()
            if size == 0 { break }
        }
        return head?.status ?? 0
    }

    private func line() throws -> String {
        while true {
            if let end = buffer[received].firstIndex(of: UInt8(ascii: "\n")) {
                defer { received = (end + 1)..<received.upperBound }
                return String(decoding: buffer[received.lowerBound..<(end - 1)], as: UTF8.self)
            }
            try receive()
        }
    }

    private func skip(_ count: Int) throws {
        var left = count
        while left > received.count {
            left -= received.count
            received = 0..<0
            try receive()
        }
        received = (received.lowerBound + left)..<received.upperBound
    }

    /// Reads what is there, and waits where nothing is.
    func receive() throws {
        if received.isEmpty {
            received = 0..<0
        } else if received.upperBound == buffer.count {
            buffer.removeFirst(received.lowerBound)
            received = 0..<received.count
            buffer += [UInt8](repeating: 0, count: max(65_536, 2 * received.count) - buffer.count)
        }
        let count = buffer.withUnsafeMutableBytes { bytes in
            let free = UnsafeMutableRawBufferPointer(rebasing: bytes[received.upperBound...])
            return recv(descriptor, free.baseAddress, free.count, 0)
        }
        guard count > 0 else { throw Failure(description: "the daemon closed the connection") }
        received = received.lowerBound..<(received.upperBound + count)
    }
}

/// An answer of the daemon.
struct Answer {
    let status: Int
    let body: ArraySlice<UInt8>

    /// What of an answer's head a client must know.
    struct Head {
        let status: Int
        /// Bytes of the head.
        let count: Int
        /// Bytes of the body, as the head tells; zero where it does not.
        let length: Int

        private static let lengthName = Array("content-length:".utf8)

        /// - Returns: nil where the head is not whole.
        init?(_ bytes: ArraySlice<UInt8>) {
            var (line, length) = (bytes.startIndex, 0)
            while let end = bytes[line...].firstIndex(of: UInt8(ascii: "\n")) {
                if end == line + 1 {
                    status = Head.number(bytes[(bytes.startIndex + 9)...])
                    count = end + 1 - bytes.startIndex
                    self.length = length
                    return
                }
                let name = bytes[line..<end].prefix(Head.lengthName.count)
                if name.elementsEqual(Head.lengthName, by: { $0 | 0x20 == $1 | 0x20 }) {
                    length = Head.number(bytes[name.endIndex..<end].drop { $0 == UInt8(ascii: " ") })
                }
                line = end + 1
            }
            return nil
        }

        private static func number(_ digits: ArraySlice<UInt8>) -> Int {
            var number = 0
            for digit in digits {
                guard 48...57 ~= digit else { break }
                number = number * 10 + Int(digit - 48)
            }
            return number
        }
    }
}
