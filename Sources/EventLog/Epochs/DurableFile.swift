internal import Glibc

/// A new file that appears under its name only when all of it is on the disk.
struct DurableFile: ~Copyable {
    private let path: String
    private let descriptor: Int32
    private(set) var size = 0

    /// Begins the file that will be `path`; until ``finish()`` it is `path.new`.
    ///
    /// - Parameter head: bytes left free at the start for ``overwriteStart(_:)``.
    init(_ path: String, reserving head: Int = 0) throws(LogError) {
        let file = unsafe open(path + ".new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .unusable("cannot write \(path).new: \(SystemError.last)") }
        (self.path, descriptor, size) = (path, file, head)
        lseek(file, off_t(head), SEEK_SET)
    }

    deinit {
        close(descriptor)
    }

    /// Adds bytes at the end.
    ///
    /// - Throws: ``LogError/full(_:)`` where the disk has no room, ``LogError/unusable(_:)`` for any other failure.
    mutating func append(_ bytes: UnsafeRawBufferPointer) throws(LogError) {
        guard unsafe WholeWrite.write(bytes, to: descriptor) else {
            if errno == ENOSPC || errno == EDQUOT { throw .full("\(path): \(SystemError.last)") }
            throw .unusable("cannot write \(path).new: \(SystemError.last)")
        }
        size += bytes.count
    }

    /// Replaces the first bytes.
    func overwriteStart(_ bytes: [UInt8]) throws(LogError) {
        guard unsafe pwrite(descriptor, bytes, bytes.count, 0) == bytes.count else {
            throw .unusable("cannot write \(path).new: \(SystemError.last)")
        }
    }

    /// Flushes the file, gives it its name and flushes that, too.
    consuming func finish() throws(LogError) {
        guard fsync(descriptor) == 0 else { throw .unusable("cannot flush \(path).new: \(SystemError.last)") }
        guard unsafe rename(path + ".new", path) == 0 else { throw .unusable("cannot name \(path): \(SystemError.last)") }
        guard let slash = path.lastIndex(of: "/") else { return }
        try DataDirectory.flush(String(path[..<slash]))
    }

    /// Replaces the file at `path` by one of these bytes.
    static func replace(_ path: String, with bytes: [UInt8]) throws(LogError) {
        var file = try DurableFile(path)
        try file.append(all: bytes)
        try file.finish()
    }

    /// Adds an array of bytes.
    mutating func append(all bytes: [UInt8]) throws(LogError) {
        var failure: LogError?
        // `withUnsafeBytes` of an array does not carry the type of an error.
        unsafe bytes.withUnsafeBytes { pointer in
            do throws(LogError) { try unsafe append(pointer) } catch { failure = error }
        }
        if let failure { throw failure }
    }
}
