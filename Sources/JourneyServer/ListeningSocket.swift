internal import Glibc

/// A Unix socket of our own, made so that no one can connect before its mode is right and no live daemon's socket is taken away.
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
    private let lock: Int32
    private let inode: UInt

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
        (self.path, self.descriptor, self.lock, inode) = (path, descriptor, lock, UInt(status.st_ino))
    }

    /// Raises the queue of connections again, which NIO sets to 128 when it takes the descriptor.
    func restoreBacklog() {
        listen(descriptor, ListeningSocket.backlog)
    }

    /// Removes the socket's file, if it is still ours.
    package func remove() {
        var status = stat()
        if unsafe stat(path, &status) == 0, UInt(status.st_ino) == inode { unsafe unlink(path) }
        flock(lock, LOCK_UN)
        close(lock)
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
