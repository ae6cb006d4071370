internal import NIOCore
internal import NIOHTTP1
internal import Synchronization

/// A client of journeyd's control interface: HTTP/1.1 over its Unix socket.
///
/// May be used from any number of tasks. Connections are opened as needed and kept for the next request.
/// A cancelled task ends its request by closing the connection.
public final class JourneyClient: Sendable {
    /// Longest answer that is taken as a whole, in bytes.
    public static let longestAnswer = 256 << 20
    /// Longest line of a streamed answer, in bytes.
    public static let longestLine = 4 << 20

    /// The media type of events sent with ``append(_:contentType:)``.
    public enum ContentType: String, Sendable {
        /// One event.
        case event = "application/cloudevents+json"
        /// An array of events, appended all or none.
        case batch = "application/cloudevents-batch+json"
    }

    /// Where the daemon listens.
    public let socketPath: String
    private let idle = Mutex<[Connection]>([])
    private static let mostIdle = 8

    /// A client of the daemon that listens on `socketPath`. Nothing is opened before the first request.
    public init(socketPath: String) {
        self.socketPath = socketPath
    }

    /// Sends a request and waits for the whole answer.
    ///
    /// - Parameters:
    ///   - method: Such as `GET`.
    ///   - path: The path with its segments percent-encoded; see ``PercentEncoding``.
    ///   - query: Names and values, encoded here; items without a value are left out.
    ///   - headers: More header fields; `Host` and those that frame the body are set here.
    ///   - body: The content to send.
    /// - Throws: ``ProblemDetails`` where the daemon refuses, ``ClientError`` where no answer could be had.
    public func request(
        _ method: String, _ path: String, query: KeyValuePairs<String, String?> = [:],
        headers: KeyValuePairs<String, String> = [:], body: [UInt8] = []
    ) async throws -> Response {
        var head = head(method, path, query: query, headers: headers)
        if !body.isEmpty || head.method == .POST || head.method == .PUT {
            head.headers.replaceOrAdd(name: "Content-Length", value: String(body.count))
        }
        while true {
            let kept = takeIdle()
            let connection = if let kept { kept } else { try await Connection.open(path: socketPath) }
            do {
                return try await exchange(head, body, on: connection)
            } catch ClientError.connectionLost where kept != nil && head.method.isIdempotent {
                // The daemon may close a connection that idles at the very moment it is taken up again.
                continue
            }
        }
    }

    /// Appends an event or an array of events, given as JSON; returns once they are durable.
    public func append(_ json: [UInt8], contentType: ContentType) async throws -> Response {
        try await request("POST", "/v1/events", headers: ["Content-Type": contentType.rawValue], body: json)
    }

    /// Appends a stream of events, one JSON text a line, and gives the daemon's report lines, one for each commit, as they come.
    ///
    /// Chunks need not end where lines do. The next one is asked for when the socket has taken the one before it. Returns when the
    /// daemon begins its answer; a refusal is thrown as ``ProblemDetails`` even where it comes before the last chunk was sent.
    /// What `chunks` throws ends the request and is thrown to the reader of the lines.
    public func appendStream<Chunks: AsyncSequence & Sendable>(_ chunks: Chunks) async throws -> Lines where Chunks.Element == [UInt8] {
        var head = head("POST", "/v1/events", query: ["atomic": "false"], headers: ["Content-Type": "application/x-ndjson"])
        head.headers.add(name: "Transfer-Encoding", value: "chunked")
        let connection = try await Connection.open(path: socketPath)
        connection.enqueue(.head(head))
        let upload = Task {
            do {
                for try await chunk in chunks {
                    try await connection.send(.body(.byteBuffer(ByteBuffer(bytes: chunk))))
                }
                try await connection.send(.end(nil))
            } catch {
                connection.close(because: error)
            }
        }
        return try await lines(on: connection, upload: upload)
    }

    /// Asks for a stream of JSON texts, one a line, such as `/v1/events` with `follow=true`.
    ///
    /// The parameters are those of ``request(_:_:query:headers:body:)``.
    public func lines(_ path: String, query: KeyValuePairs<String, String?> = [:]) async throws -> Lines {
        let connection = try await Connection.open(path: socketPath)
        connection.enqueue(.head(head("GET", path, query: query, headers: ["Accept": "application/x-ndjson"])), .end(nil))
        return try await lines(on: connection, upload: nil)
    }

    /// Posts a request that is answered by a stream of JSON texts, one a line, such as `/v1/admin/verify`.
    public func postForLines(_ path: String, body: [UInt8]) async throws -> Lines {
        try await lines(on: try await post(path, body), upload: nil)
    }

    /// Posts a request that is answered by an archive or the like, of any length, such as `/v1/admin/backup`.
    public func postForPieces(_ path: String, body: [UInt8]) async throws -> Pieces {
        let connection = try await post(path, body)
        try await begin(on: connection, upload: nil)
        return Pieces(connection)
    }

    private func post(_ path: String, _ body: [UInt8]) async throws -> Connection {
        let connection = try await Connection.open(path: socketPath)
        var head = head("POST", path, query: [:], headers: ["Content-Type": "application/json"])
        head.headers.replaceOrAdd(name: "Content-Length", value: String(body.count))
        connection.enqueue(.head(head), .body(.byteBuffer(ByteBuffer(bytes: body))), .end(nil))
        return connection
    }

    private func head(
        _ method: String, _ path: String, query: KeyValuePairs<String, String?>, headers: KeyValuePairs<String, String>
    ) -> HTTPRequestHead {
        var fields = HTTPHeaders(headers.map { ($0.key, $0.value) })
        fields.replaceOrAdd(name: "Host", value: "localhost")
        return HTTPRequestHead(
            version: .http1_1, method: HTTPMethod(rawValue: method), uri: PercentEncoding.target(path, query), headers: fields)
    }

    private func exchange(_ head: HTTPRequestHead, _ body: [UInt8], on connection: Connection) async throws -> Response {
        connection.enqueue(.head(head), .body(.byteBuffer(ByteBuffer(bytes: body))), .end(nil))
        let answer = try await connection.receiveHead()
        let content = try await connection.receiveContent(upTo: JourneyClient.longestAnswer)
        if answer.isKeepAlive { keep(connection) }
        guard answer.status.code < 400 else {
            let pause = answer.headers.first(name: "Retry-After").flatMap { Int($0) }
            throw ProblemDetails(status: Int(answer.status.code), body: content, retryAfter: pause)
        }
        return Response(head: answer, body: content)
    }

    private func lines(on connection: Connection, upload: Task<Void, Never>?) async throws -> Lines {
        try await begin(on: connection, upload: upload)
        return Lines(LineSource(connection: connection, upload: upload))
    }

    /// Waits for the head of an answer that comes in pieces. Its connection is not used again: both directions may still be busy.
    private func begin(on connection: Connection, upload: Task<Void, Never>?) async throws {
        do {
            let answer = try await connection.receiveHead()
            guard answer.status.code < 400 else {
                let content = try await connection.receiveContent(upTo: JourneyClient.longestAnswer)
                throw ProblemDetails(status: Int(answer.status.code), body: content)
            }
        } catch {
            upload?.cancel()
            connection.close(because: error)
            throw error
        }
    }

    private func takeIdle() -> Connection? {
        idle.withLock { idle in
            idle.removeAll { !$0.isOpen }
            return idle.popLast()
        }
    }

    private func keep(_ connection: Connection) {
        idle.withLock { if $0.count < JourneyClient.mostIdle { $0.append(connection) } }
    }
}

extension HTTPMethod {
    /// Whether sending it twice does what sending it once does (RFC 9110, section 9.2.2).
    fileprivate var isIdempotent: Bool {
        switch self {
        case .GET, .HEAD, .PUT, .DELETE, .OPTIONS: true
        default: false
        }
    }
}
