internal import NIOCore

/// The bytes of an answer as they arrive.
///
/// Can be walked once. The daemon sends no faster than the pieces are taken; when the sequence and its iterator are gone, the connection
/// is closed.
public struct Pieces: AsyncSequence {
    /// Some bytes, at least one.
    public typealias Element = [UInt8]
    /// ``ClientError``.
    public typealias Failure = any Error

    private let source: PieceSource

    init(_ connection: Connection) {
        source = PieceSource(connection)
    }

    /// Starts walking the pieces.
    public func makeAsyncIterator() -> Iterator {
        Iterator(source: source)
    }

    /// Takes the pieces one by one.
    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let source: PieceSource

        /// Waits for the next piece; nil at the end of the answer.
        public mutating func next() async throws -> [UInt8]? {
            try await source.connection.receiveContent().map { Array($0.readableBytesView) }
        }
    }
}

/// The connection behind ``Pieces``, closed when nobody walks them any more.
private final class PieceSource {
    let connection: Connection

    init(_ connection: Connection) {
        self.connection = connection
    }

    deinit {
        connection.close(because: CancellationError())
    }
}
