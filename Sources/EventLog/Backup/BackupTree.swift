internal import FoundationEssentials
internal import Glibc

/// A directory of ours into which the files of a backup are written, under their own names.
///
/// It is made for that and nobody else's, and each file is a new one: no link in it can lead elsewhere.
final class BackupTree {
    let path: String
    private var open: Int32?
    private var openName = ""

    /// Makes the directory.
    ///
    /// - Throws: ``LogError/unusable(_:)`` where there is something of this name.
    init(_ path: String) throws(LogError) {
        self.path = path
        guard unsafe mkdir(path, 0o700) == 0 else { throw .unusable("cannot make \(path): \(SystemError.last)") }
    }

    deinit {
        if let open { close(open) }
    }

    func begin(_ file: BackupFile) throws(LogError) {
        openName = "\(path)/\(file.name)"
        var directory = path
        for part in file.name.split(separator: "/").dropLast() {
            directory += "/\(part)"
            guard unsafe mkdir(directory, 0o700) == 0 || errno == EEXIST else {
                throw .unusable("cannot make \(directory): \(SystemError.last)")
            }
        }
        let descriptor = unsafe Glibc.open(openName, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .unusable("cannot write \(openName): \(SystemError.last)") }
        open = descriptor
    }

    func add(_ bytes: ArraySlice<UInt8>) throws(LogError) {
        guard let open else { return }
        var rest = bytes
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(open, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                if errno == ENOSPC || errno == EDQUOT { throw .full("\(openName): \(SystemError.last)") }
                throw .unusable("cannot write \(openName): \(SystemError.last)")
            }
            rest = rest.dropFirst(count)
        }
    }

    /// Ends the file and flushes it.
    func end() throws(LogError) {
        guard let open else { return }
        guard fsync(open) == 0 else { throw .unusable("cannot flush \(openName): \(SystemError.last)") }
        close(open)
        self.open = nil
    }

    /// Flushes the names of all files.
    func flush() throws(LogError) {
        try DataDirectory.flush(path)
        guard Epoch.size(path + "/log") != nil else { return }
        try DataDirectory.flush(path + "/log")
        for name in BackupTree.names(path + "/log") where !name.hasSuffix(".seal") && name != "retained" {
            try DataDirectory.flush("\(path)/log/\(name)")
        }
    }

    /// The names in a directory, in order; none where it cannot be read.
    static func names(_ path: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
    }

    /// Removes a directory of ours and what is in it; what cannot be removed stays.
    ///
    /// Its key store is overwritten first: the blocks of a file that was unlinked must not keep a key that was erased since.
    static func remove(_ path: String) {
        let keys = "\(path)/\(BackupFile.keys.name)"
        let descriptor = unsafe Glibc.open(keys, O_WRONLY | O_NOFOLLOW | O_CLOEXEC)
        if descriptor >= 0 {
            let zeros = [UInt8](repeating: 0, count: Epoch.size(keys) ?? 0)
            _ = unsafe pwrite(descriptor, zeros, zeros.count, 0)
            _ = fdatasync(descriptor)
            close(descriptor)
        }
        try? FileManager.default.removeItem(atPath: path)
    }
}
