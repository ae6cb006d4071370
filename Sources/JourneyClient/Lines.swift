internal import NIOHTTP1

/// The lines of an answer as they arrive, without their line feeds. Empty lines, the daemon's sign of life, are left out.
///
/// Can be walked once. The daemon sends no faster than the lines are taken; when the sequence and its iterator are gone, the
/// connection is closed.
public struct Lines: AsyncSequence {
    /// One line.
    public typealias Element = [UInt8]
    /// ``ProblemDetails``, ``ClientError``, or what the source of an upload throws.
    public typealias Failure = any Error

    private let source: LineSource

    init(_ source: LineSource) {
        self.source = source
    }

    /// Starts walking the lines.
    public func makeAsyncIterator() -> Iterator {
        Iterator(source: source)
    }

    /// Takes the lines one by one.
    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let source: LineSource

        /// Waits for the next line; nil at the end of the answer.
        public mutating func next() async throws -> [UInt8]? {
            try await source.next()
        }

        /// Waits for the next line; nil at the end of the answer.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws -> [UInt8]? {
            try await source.next()
        }
    }
}

/// The state behind ``Lines``: the connection, what runs on it, and what is cut already.
final class LineSource {
    private let connection: Connection
    private let upload: Task<Void, Never>?
    private var splitter = LineSplitter(limit: JourneyClient.longestLine)
    private var isAtEnd = false

    init(connection: Connection, upload: Task<Void, Never>?) {
        self.connection = connection
        self.upload = upload
    }

    deinit {
        close()
    }

    func next() async throws -> [UInt8]? {
        while true {
            if let line = try splitter.next() { return line }
            if isAtEnd { return splitter.rest() }
            if let chunk = try await connection.receiveContent() {
                splitter.append(chunk)
            } else {
                isAtEnd = true
                // An answer that is over wants no more of the upload.
                close()
            }
        }
    }

    private func close() {
        upload?.cancel()
        connection.close(because: CancellationError())
    }
}
