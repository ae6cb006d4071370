internal import Glibc
internal import NIOCore
internal import NIOHTTP1

/// Why an answer of the daemon could not be had. What the daemon itself refuses is a ``ProblemDetails``.
public enum ClientError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Nobody listens on the socket, or it may not be opened.
    case cannotConnect(path: String, reason: String)
    /// The connection ended before the answer did. Whether the request took effect is not known.
    case connectionLost(reason: String)
    /// The answer is longer than this many bytes.
    case answerTooLong(limit: Int)
    /// A line of the answer is longer than this many bytes.
    case lineTooLong(limit: Int)

    /// The error as a sentence for people.
    public var description: String {
        switch self {
        case .cannotConnect(let path, let reason):
            reason == ClientError.denied
                ? "cannot connect to \(path): \(reason); may you? its group may: ls -l \(path)"
                : "cannot connect to \(path): \(reason); is journeyd running? try: systemctl status journeyd"
        case .connectionLost(let reason): "the connection to journeyd was lost: \(reason)"
        case .answerTooLong(let limit): "the answer is longer than \(limit) bytes"
        case .lineTooLong(let limit): "a line of the answer is longer than \(limit) bytes"
        }
    }

    private static let denied = unsafe String(cString: strerror(EACCES))

    static func cannotConnect(to path: String, because error: any Error) -> ClientError {
        .cannotConnect(path: path, reason: reason(error))
    }

    static func connectionLost(because error: any Error) -> ClientError {
        error as? ClientError ?? .connectionLost(reason: reason(error))
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case let error as IOError: unsafe String(cString: strerror(error.errnoCode))
        case SocketAddressError.unixDomainSocketPathTooLong: "the path is too long for a socket"
        case ChannelError.ioOnClosedChannel, ChannelError.alreadyClosed, ChannelError.eof, HTTPParserError.invalidEOFState:
            "it was closed before the answer was complete"
        default: "\(error)"
        }
    }
}
