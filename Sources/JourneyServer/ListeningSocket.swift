internal import Glibc

/// A Unix socket to listen on. One of our own is made so that no one can connect before its mode is right, and no live daemon's socket is
/// taken away; one that a service manager has opened is taken as it is, and left behind as it was.
package struct ListeningSocket: Sendable {
    /// Why there is no socket to listen on.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    // NIO's own limit for a Unix socket's path, below Linux's 107, less the ".new" that it has at first.
    private static let maximumPath = 99
    private static let backlog: Int32 = 512

    /// The path it is bound to.
    package let path: String
    /// The listening descriptor. Whoever takes it closes it.
    package let descriptor: Int32
    /// What is to be taken away in the end; nil where the socket is not ours.
    private let own: Own?
    private let queue: Int32

    private struct Own {
        let lock: Int32
        let inode: UInt
    }

    /// Binds and listens.
    ///
    /// - Parameters:
    ///   - path: where; a socket that nobody listens on is replaced, a live one never is.
    ///   - mode: the socket file's permission bits.
    ///   - group: the gid that the socket file belongs to; nil for the daemon's own.
    package init(path: String, mode: UInt32, group: UInt32? = nil) throws(Failure) {
        guard path.utf8.count <= ListeningSocket.maximumPath else {
            throw Failure(description: "the socket path \(path) has \(path.utf8.count) bytes, \(ListeningSocket.maximumPath) are allowed")
        }
        // Two daemons that start at once must not both find the old socket dead.
        let lock = unsafe open(path + ".lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else { throw ListeningSocket.failure("cannot open \(path).lock") }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            close(lock)
            throw Failure(description: "another daemon listens on \(path)")
        }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        do throws(Failure) {
            guard descriptor >= 0 else { throw ListeningSocket.failure("cannot make a socket") }
            try ListeningSocket.removeStale(path)
            // On Linux the file takes the mode that the descriptor has when it is bound; its group can only be set behind that. So it gets
            // its name when it is ready: there is no moment in which somebody else could connect.
            let draft = path + ".new"
            unsafe unlink(draft)
            guard fchmod(descriptor, mode) == 0 else { throw ListeningSocket.failure("cannot set the mode of \(path)") }
            guard unsafe ListeningSocket.withAddress(draft, { unsafe bind(descriptor, $0, $1) }) == 0 else {
                throw ListeningSocket.failure("cannot bind \(path)")
            }
            if let group, unsafe chown(draft, uid_t.max, group) != 0 {
                throw ListeningSocket.failure("cannot give \(path) to group \(group)")
            }
            guard listen(descriptor, ListeningSocket.backlog) == 0 else { throw ListeningSocket.failure("cannot listen on \(path)") }
            guard unsafe rename(draft, path) == 0 else { throw ListeningSocket.failure("cannot name \(path)") }
        } catch {
            close(descriptor)
            close(lock)
            throw error
        }
        var status = stat()
        unsafe stat(path, &status)
        (self.path, self.descriptor, queue) = (path, descriptor, ListeningSocket.backlog)
        own = Own(lock: lock, inode: UInt(status.st_ino))
    }

    /// Takes a socket that somebody else has opened, and leaves its file, mode and group alone.
    ///
    /// - Throws: where the descriptor is not that of a Unix stream socket that listens at a path.
    package init(inherited descriptor: Int32) throws(Failure) {
        guard ListeningSocket.option(descriptor, SO_DOMAIN) == AF_UNIX,
            ListeningSocket.option(descriptor, SO_TYPE) == Int32(SOCK_STREAM.rawValue),
            ListeningSocket.option(descriptor, SO_ACCEPTCONN) == 1
        else {
            throw Failure(
                description: "the descriptor \(descriptor) that was handed over is not a listening Unix stream socket: "
                    + "the socket unit needs ListenStream= with a path, and Accept=no")
        }
        guard let path = ListeningSocket.path(of: descriptor) else {
            throw Failure(description: "the socket that was handed over has no path; name one with ListenStream=")
        }
        // Not for programs that this one may start.
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        // Whoever opened it chose the length of its queue, which cannot be asked: the kernel cuts this to the system's own limit.
        (self.path, self.descriptor, queue, own) = (path, descriptor, Int32.max, nil)
    }

    private static func option(_ descriptor: Int32, _ name: Int32) -> Int32? {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return unsafe getsockopt(descriptor, SOL_SOCKET, name, &value, &length) == 0 ? value : nil
    }

    private static func path(of descriptor: Int32) -> String? {
        var address = sockaddr_un()
        var length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let code = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe getsockname(descriptor, $0, &length) }
        }
        guard code == 0 else { return nil }
        let bytes = unsafe withUnsafeBytes(of: address.sun_path) { unsafe Array($0.prefix { $0 != 0 }) }
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }

    /// Whether a service manager has opened it.
    package var isInherited: Bool { own == nil }

    /// Raises the queue of connections again, which NIO sets to 128 when it takes the descriptor.
    func restoreBacklog() {
        listen(descriptor, queue)
    }

    /// Removes the socket's file, if it is ours, and still is.
    package func remove() {
        guard let own else { return }
        var status = stat()
        if unsafe stat(path, &status) == 0, UInt(status.st_ino) == own.inode { unsafe unlink(path) }
        flock(own.lock, LOCK_UN)
        close(own.lock)
    }

    private static func removeStale(_ path: String) throws(Failure) {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw Failure(description: "\(path) exists and is not a socket; move it away") }
        let probe = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(probe) }
        guard unsafe withAddress(path, { unsafe connect(probe, $0, $1) }) != 0 else {
            throw Failure(description: "another daemon listens on \(path)")
        }
        guard errno == ECONNREFUSED else { throw failure("cannot tell whether another daemon listens on \(path)") }
        unsafe unlink(path)
    }

    private static func withAddress<Result>(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe body(address, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    private static func failure(_ what: String) -> Failure {
        Failure(description: "\(what): \(unsafe String(cString: strerror(errno)))")
    }
}
