import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

typealias ServerChannel = NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>

/// An HTTP server on a Unix socket that answers as a test says.
final class TestServer: Sendable {
    /// One connection, as the server sees it.
    struct Peer {
        var requests: NIOAsyncChannelInboundStream<HTTPServerRequestPart>.AsyncIterator
        let channel: any Channel

        /// The next request with its whole body; nil where the client has closed.
        mutating func request() async throws -> (head: HTTPRequestHead, body: String)? {
            guard let head = try await requestHead() else { return nil }
            var body = ""
            while let chunk = try await requestChunk() { body += String(buffer: chunk) }
            return (head, body)
        }

        mutating func requestHead() async throws -> HTTPRequestHead? {
            guard case .head(let head) = try await requests.next(isolation: #isolation) else { return nil }
            return head
        }

        mutating func requestChunk() async throws -> ByteBuffer? {
            guard case .body(let chunk) = try await requests.next(isolation: #isolation) else { return nil }
            return chunk
        }

        func answer(_ status: HTTPResponseStatus = .ok, _ headers: HTTPHeaders = [:], _ body: String = "") async throws {
            var headers = headers
            headers.add(name: "Content-Length", value: String(body.utf8.count))
            try await write(.head(HTTPResponseHead(version: .http1_1, status: status, headers: headers)))
            try await write(.body(.byteBuffer(ByteBuffer(string: body))))
            try await write(.end(nil))
        }

        func beginAnswer() async throws {
            try await write(.head(HTTPResponseHead(version: .http1_1, status: .ok)))
        }

        func send(_ text: String) async throws {
            try await write(.body(.byteBuffer(ByteBuffer(string: text))))
        }

        func endAnswer() async throws {
            try await write(.end(nil))
        }

        /// Waits until the socket has taken it, which the writer of an async channel does not.
        private func write(_ part: HTTPServerResponsePart) async throws {
            try await channel.writeAndFlush(part).get()
        }
    }

    /// Where it listens.
    let path = "/tmp/journey-client-\(getpid())-\(UInt32.random(in: 0 ... .max)).sock"
    private let accepted = Mutex(0)

    /// How many connections were made so far.
    var connections: Int { accepted.withLock { $0 } }

    private init() {}

    /// Serves each connection with `serve`, which closes it by returning, while `test` runs.
    static func run(
        serving serve: @escaping @Sendable (inout Peer) async throws -> Void, test: (TestServer) async throws -> Void
    ) async throws {
        let server = TestServer()
        let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline(withErrorHandling: false)
                    let connection = try ServerChannel(wrappingChannelSynchronously: channel)
                    server.accepted.withLock { $0 += 1 }
                    Task { await handle(connection, serve) }
                }
            }
            .bind(unixDomainSocketPath: server.path).get()
        defer { unsafe unlink(server.path) }
        let result: Result<Void, any Error>
        do { result = .success(try await test(server)) } catch { result = .failure(error) }
        try await listener.close()
        try result.get()
    }

    private static func handle(
        _ connection: ServerChannel, _ serve: (inout Peer) async throws -> Void
    ) async {
        // A client that hangs up is part of some tests; what matters shows at the client's end.
        try? await connection.executeThenClose { requests, _ in
            var peer = Peer(requests: requests.makeAsyncIterator(), channel: connection.channel)
            try await serve(&peer)
        }
    }
}
