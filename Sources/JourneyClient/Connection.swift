internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// One HTTP/1.1 connection to the daemon's socket, for one request at a time. Closed when the last reference goes.
final class Connection: Sendable {
    private let channel: any Channel
    private let inbox: NIOLoopBound<ResponseInbox>

    private init(channel: any Channel) throws {
        let inbox = ResponseInbox()
        try channel.pipeline.syncOperations.addHTTPClientHandlers()
        try channel.pipeline.syncOperations.addHandler(inbox)
        self.channel = channel
        self.inbox = NIOLoopBound(inbox, eventLoop: channel.eventLoop)
    }

    deinit {
        channel.close(promise: nil)
    }

    static func open(path: String) async throws -> Connection {
        do {
            return try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .channelOption(.autoRead, value: false)
                .connect(unixDomainSocketPath: path) { channel in
                    channel.eventLoop.makeCompletedFuture { try Connection(channel: channel) }
                }
        } catch {
            throw ClientError.cannotConnect(to: path, because: error)
        }
    }

    /// Whether the daemon has not closed it, as far as is known.
    var isOpen: Bool { channel.isActive }

    /// Hands over parts without waiting: should they fail to be sent, ``receive()`` tells.
    func enqueue(_ parts: HTTPClientRequestPart...) {
        for part in parts { channel.write(part, promise: nil) }
        channel.flush()
    }

    /// Sends a part and waits until the socket has taken it.
    func send(_ part: HTTPClientRequestPart) async throws {
        try await perform { self.channel.writeAndFlush(part) }
    }

    /// The head of the answer.
    func receiveHead() async throws -> HTTPResponseHead {
        guard case .head(let head) = try await receive() else {
            throw ClientError.connectionLost(reason: "the answer does not begin with a head")
        }
        return head
    }

    /// The next piece of the answer's content; nil where it ends.
    func receiveContent() async throws -> ByteBuffer? {
        guard case .body(let chunk) = try await receive() else { return nil }
        return chunk
    }

    /// The rest of the answer's content.
    func receiveContent(upTo limit: Int) async throws -> [UInt8] {
        var content: [UInt8] = []
        while let chunk = try await receiveContent() {
            guard content.count + chunk.readableBytes <= limit else { throw ClientError.answerTooLong(limit: limit) }
            content.append(contentsOf: chunk.readableBytesView)
        }
        return content
    }

    /// Closes the connection; whoever waits for the answer, or asks for more of it than has come, gets `error`.
    func close(because error: any Error) {
        channel.eventLoop.execute {
            self.inbox.value.fail(error)
            self.channel.close(promise: nil)
        }
    }

    private func receive() async throws -> HTTPClientResponsePart {
        try await perform {
            self.channel.eventLoop.flatSubmit { self.inbox.value.next(self.channel) }
        }
    }

    /// Waits for a future of the channel; a cancelled task closes the channel, which fails them all.
    private func perform<Value: Sendable>(_ operation: () -> EventLoopFuture<Value>) async throws -> Value {
        try await withTaskCancellationHandler {
            do {
                return try await operation().get()
            } catch let error as ChannelError {
                throw ClientError.connectionLost(because: error)
            } catch let error as IOError {
                throw ClientError.connectionLost(because: error)
            }
        } onCancel: {
            close(because: CancellationError())
        }
    }
}
