internal import Dispatch
internal import Glibc
internal import Synchronization

/// A file, or the standard input, read piece by piece.
final class InputFile: Sendable, AsyncSequence {
    /// Its path, or what to call the standard input.
    let name: String
    /// Its length in bytes, where it is a file whose length is known.
    let length: Int?

    private let descriptor: Int32
    private let count = Mutex(0)
    // Reading blocks, from a pipe for as long as its writer likes: that must not hold up a thread that tasks run on.
    private let queue = DispatchQueue(label: "journeyctl.input")
    private static let chunkSize = 256 << 10

    /// Opens the file at `path`; `-` is the standard input.
    init(path: String) throws(InputError) {
        name = path == "-" ? "the standard input" : path
        descriptor = path == "-" ? STDIN_FILENO : unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw InputError(message: "cannot open \(path): \(SystemError.reason)") }
        var status = stat()
        let isFile = unsafe fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        length = isFile ? Int(status.st_size) : nil
    }

    deinit {
        if descriptor != STDIN_FILENO { close(descriptor) }
    }

    /// How many bytes were read so far.
    var position: Int { count.withLock { $0 } }

    /// The next piece; nil at the end.
    func read() async throws -> [UInt8]? {
        let chunk = try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try self.readNow() }) }
        }
        count.withLock { $0 += chunk.count }
        return chunk.isEmpty ? nil : chunk
    }

    private func readNow() throws(InputError) -> [UInt8] {
        while true {
            var result = 0
            let chunk = unsafe [UInt8](unsafeUninitializedCapacity: InputFile.chunkSize) { buffer, count in
                result = unsafe Glibc.read(descriptor, buffer.baseAddress, buffer.count)
                count = result > 0 ? result : 0
            }
            if result >= 0 { return chunk }
            guard errno == EINTR else { throw InputError(message: "cannot read \(name): \(SystemError.reason)") }
        }
    }

    func makeAsyncIterator() -> Iterator {
        Iterator(file: self)
    }

    /// Reads the pieces one by one.
    struct Iterator: AsyncIteratorProtocol {
        fileprivate let file: InputFile

        func next() async throws -> [UInt8]? {
            try await file.read()
        }
    }
}
