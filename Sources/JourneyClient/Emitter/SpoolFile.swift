internal import Glibc

/// A file of a spool, open for reading and appending. Closed when the last reference goes.
final class SpoolFile: Sendable {
    let path: String
    private let descriptor: Int32

    /// Opens the file, and makes it where it is missing.
    init(_ path: String) throws(EmitterError) {
        self.path = path
        descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SpoolFile.fault(path) }
    }

    deinit {
        close(descriptor)
    }

    /// How many bytes it has.
    func size() throws(EmitterError) -> Int {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw SpoolFile.fault(path) }
        return Int(status.st_size)
    }

    /// Whether no other process holds it; this one does from now on, until the file is closed.
    func lock() -> Bool {
        flock(descriptor, LOCK_EX | LOCK_NB) == 0
    }

    /// Writes all of the bytes at `offset`.
    func write(_ bytes: [UInt8], at offset: Int) throws(EmitterError) {
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes[written...].withUnsafeBytes { rest in
                unsafe pwrite(descriptor, rest.baseAddress, rest.count, offset + written)
            }
            if count > 0 {
                written += count
            } else if errno != EINTR {
                throw SpoolFile.fault(path)
            }
        }
    }

    /// Up to so many bytes from `offset` on; fewer only where the file ends.
    func read(_ count: Int, at offset: Int) throws(EmitterError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var total = 0
        while total < count {
            let result = unsafe bytes[total...].withUnsafeMutableBytes { rest in
                unsafe pread(descriptor, rest.baseAddress, rest.count, offset + total)
            }
            if result == 0 { break }
            if result > 0 {
                total += result
            } else if errno != EINTR {
                throw SpoolFile.fault(path)
            }
        }
        bytes.removeLast(count - total)
        return bytes
    }

    /// Cuts the file.
    func truncate(to size: Int) throws(EmitterError) {
        guard ftruncate(descriptor, size) == 0 else { throw SpoolFile.fault(path) }
    }

    /// Waits until what was written is on the device.
    func flush() throws(EmitterError) {
        guard fdatasync(descriptor) == 0 else { throw SpoolFile.fault(path) }
    }

    static func fault(_ path: String) -> EmitterError {
        .spool(path: path, reason: unsafe String(cString: strerror(errno)))
    }
}
