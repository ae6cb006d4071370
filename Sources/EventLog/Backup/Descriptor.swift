internal import Glibc

/// A file that is open for reading: what it holds stays, whatever becomes of its name.
final class Descriptor: Sendable {
    private let path: String
    private let number: Int32
    /// Its size in bytes when it was opened.
    let size: Int

    /// Opens the file at `path`; nil where there is none.
    init?(_ path: String) throws(LogError) {
        number = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard number >= 0 else {
            if errno == ENOENT { return nil }
            throw .unusable("cannot open \(path): \(SystemError.last)")
        }
        self.path = path
        var status = stat()
        unsafe fstat(number, &status)
        size = Int(status.st_size)
        guard status.st_mode & S_IFMT == S_IFREG else { throw .unusable("\(path) is not a plain file") }
    }

    deinit {
        if number >= 0 { close(number) }
    }

    /// All bytes that are left.
    func readAll() throws(LogError) -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            let piece = try read(1 << 20)
            if piece.isEmpty { return bytes }
            bytes += piece
        }
    }

    /// The next bytes, `count` at most; none at the end.
    func read(_ count: Int) throws(LogError) -> [UInt8] {
        while true {
            var result = 0
            let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
                result = unsafe Glibc.read(number, buffer.baseAddress, buffer.count)
                filled = max(0, result)
            }
            if result >= 0 { return bytes }
            guard errno == EINTR else { throw .unusable("cannot read \(path): \(SystemError.last)") }
        }
    }
}
