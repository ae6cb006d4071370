internal import FoundationEssentials
internal import Glibc

/// The daemon's directory, held by one process at a time.
///
///     DIR/lock           held by flock(2) while a daemon runs; names its pid
///     DIR/log/00000001/  an epoch of the log: an LMDB environment
///     DIR/views/         what is derived from the log; may be deleted while no daemon runs
package final class DataDirectory: Sendable {
    /// Its path.
    package let path: String
    private let lock: Int32

    /// Creates the directory where it is missing (mode 0700) and locks it.
    ///
    /// - Parameter owner: who holds it, for those who are refused.
    /// - Throws: ``LogError/inUse(_:)`` naming the process that holds it; ``LogError/unusable(_:)`` with the system's reason.
    package init(path: String, for owner: String = "journeyd") throws(LogError) {
        self.path = path
        try DataDirectory.make(path)
        let file = path + "/lock"
        let descriptor = unsafe open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .unusable("cannot open \(file): \(DataDirectory.reason())") }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let holder = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
            close(descriptor)
            throw .inUse(
                "\(path) is in use by \(holder.isEmpty ? "another process" : holder); stop that one first, or name another directory")
        }
        lock = descriptor
        let owner = "\(owner), process \(getpid())"
        ftruncate(descriptor, 0)
        unsafe pwrite(descriptor, owner, owner.utf8.count, 0)
    }

    /// Locks a directory that holds a log.
    ///
    /// - Throws: as ``init(path:for:)``; ``LogError/unusable(_:)`` where there is no log.
    package convenience init(existing path: String, for owner: String) throws(LogError) {
        guard Epoch.size(path + "/format") != nil, Epoch.size(path + "/log") != nil else {
            throw .unusable("\(path) holds no log: it has no 'format' and 'log'")
        }
        try self.init(path: path, for: owner)
    }

    deinit {
        // A child that is being started has the descriptor, too, until it becomes another program: the lock would last as long.
        flock(lock, LOCK_UN)
        close(lock)
    }

    /// The path of a directory below this one, made where it is missing.
    package func directory(_ name: String) throws(LogError) -> String {
        var path = path
        for part in name.split(separator: "/") {
            path += "/\(part)"
            try DataDirectory.make(path)
        }
        return path
    }

    /// Flushes a directory's entries, without which a new file's data can be durable and its name not.
    package static func flush(_ path: String) throws(LogError) {
        let descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unusable("cannot open \(path): \(reason())") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .unusable("cannot flush \(path): \(reason())") }
    }

    static func make(_ path: String) throws(LogError) {
        if unsafe mkdir(path, 0o700) == 0 {
            guard let slash = path.lastIndex(of: "/"), slash > path.startIndex else { return }
            return try flush(String(path[..<slash]))
        }
        guard errno == EEXIST else { throw .unusable("cannot make the directory \(path): \(reason())") }
    }

    private static func reason() -> String {
        unsafe String(cString: strerror(errno))
    }
}
