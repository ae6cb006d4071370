internal import Glibc

/// A socket that sends datagrams to one address of the kind `AF_UNIX`.
final class UnixDatagramSocket: Sendable {
    private let descriptor: Int32
    private let address: sockaddr_un
    private let length: socklen_t

    /// - Parameter name: a path, or `@` and a name in the abstract namespace.
    /// - Returns: nil where the name is none or too long, or there is no socket to be had.
    init?(_ name: String) {
        var address = sockaddr_un()
        let isAbstract = name.hasPrefix("@")
        var text = Array(name.utf8)
        guard isAbstract || name.hasPrefix("/"), text.count > 1, text.count < MemoryLayout.size(ofValue: address.sun_path) else {
            return nil
        }
        if isAbstract { text[0] = 0 }
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: text) }
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        self.address = address
        // An abstract name is as long as the address says; a path ends with its zero.
        length = socklen_t(
            MemoryLayout<sockaddr_un>.size - MemoryLayout.size(ofValue: address.sun_path) + text.count + (isAbstract ? 0 : 1))
    }

    deinit {
        close(descriptor)
    }

    /// Lets a send fail that has waited for so long.
    func limitSending(seconds: Int) {
        var limit = timeval(tv_sec: seconds, tv_usec: 0)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    /// Sends a datagram.
    ///
    /// - Parameter waits: whether it waits for room at the other end.
    /// - Returns: false where it was not taken, with `errno` set.
    func send(_ bytes: [UInt8], waits: Bool = true) -> Bool {
        var address = address
        let flags = Int32(MSG_NOSIGNAL) | (waits ? 0 : Int32(MSG_DONTWAIT))
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe sendto(descriptor, bytes, bytes.count, flags, address, length) == bytes.count
            }
        }
    }
}
