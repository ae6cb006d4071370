internal import NIOHTTP1

/// A whole answer of the daemon.
public struct Response: Sendable {
    /// The HTTP status, 200 to 399: others are thrown as ``ProblemDetails``.
    public let status: Int
    /// The header fields in the order of the answer.
    public let headers: [(name: String, value: String)]
    /// The content.
    public let body: [UInt8]

    init(head: HTTPResponseHead, body: [UInt8]) {
        status = Int(head.status.code)
        headers = head.headers.map { (name: $0.name, value: $0.value) }
        self.body = body
    }

    /// The value of the first header field of this name, in whatever case it is written.
    public subscript(header name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    /// The position of the log this answer was computed at, from the header `Journeyd-Position`.
    public var position: UInt64? {
        self[header: "Journeyd-Position"].flatMap { UInt64($0) }
    }
}
