internal import Glibc

/// A datagram socket at a path that takes what a program under test tells its service manager or journal.
package final class DatagramReceiver: Sendable {
    /// Why nothing came.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// Where it listens: a path, or a name in the abstract namespace that begins with `@`.
    package let address: String
    private let descriptor: Int32

    /// Listens at `address`.
    package init(_ address: String) throws {
        self.address = address
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        var text = Array(address.utf8)
        let isAbstract = address.hasPrefix("@")
        if isAbstract { text[0] = 0 }
        unsafe withUnsafeMutableBytes(of: &name.sun_path) { unsafe $0.copyBytes(from: text) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + text.count + (isAbstract ? 0 : 1))
        let code = unsafe withUnsafePointer(to: &name) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe bind(descriptor, $0, length) }
        }
        guard code == 0 else { throw Failure(description: "cannot bind \(address): \(unsafe String(cString: strerror(errno)))") }
        // A program that says nothing must fail the test, not hang it.
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit {
        close(descriptor)
    }

    /// The next datagram; waits for it.
    package func next() throws -> [UInt8] {
        guard let bytes = receive(0) else { throw Failure(description: "nothing came: \(unsafe String(cString: strerror(errno)))") }
        return bytes
    }

    /// The next datagram, if one has come already.
    package func pending() -> [UInt8]? { receive(Int32(MSG_DONTWAIT)) }

    /// The next datagram with a line that `matches`; waits for it.
    ///
    /// - Returns: the lines of all datagrams on the way to it, its own last.
    package func lines(until matches: (String) -> Bool) throws -> [String] {
        var lines: [String] = []
        while true {
            let came = try next().split(separator: 10).map { String(decoding: $0, as: UTF8.self) }
            lines += came
            if came.contains(where: matches) { return lines }
        }
    }

    private func receive(_ flags: Int32) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 256 << 10)
        let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, flags) }
        return count < 0 ? nil : Array(buffer[..<count])
    }
}
