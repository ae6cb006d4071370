internal import ControlInterface
internal import JourneyModel
internal import NIOCore
internal import NIOHTTP1

/// A request and its answer, from the head of the one to the end of the other.
///
/// An object: a copy of all its fields costs more than most of what is done with it.
final class Exchange {
    /// What is done with the request's body.
    enum Body {
        /// Read as a whole, up to a number of bytes.
        case collecting(Purpose, ByteBuffer, maximum: Int)
        /// Appended as it comes.
        case lines(LineStream)
        /// Of no interest; what was asked is answered when the body has ended.
        case question(Route)
        /// Of no interest: the answer was given already.
        case discarding
    }

    /// What a body that is read as a whole is for.
    enum Purpose {
        /// To be appended.
        case events(EventFormat, expect: Position?)
        /// To be answered.
        case request(Route)
    }

    let isKeepAlive: Bool
    let isHead: Bool
    var body: Body
    /// The bytes that the head announced, if it did.
    let announced: Int?
    var received = 0
    /// What is asked for; nil where there is no such call.
    var endpoint: Endpoint?
    /// What the client calls the request.
    let givenID: String?
    /// What it is called, where that was asked for.
    private var knownID: String?
    /// How it is answered.
    var status = 0
    let begun = NIODeadline.now()
    var isRequestEnded = false
    var isReplyStarted = false
    var isReplyEnded = false

    init(_ head: HTTPRequestHead) {
        isKeepAlive = head.isKeepAlive
        isHead = head.method == .HEAD
        announced = head.headers.first(name: "content-length").flatMap { Int($0) }
        body = .discarding
        givenID = RequestID.given(head.headers.first(name: "x-request-id"))
    }

    init(_ head: PlainAppend) {
        (isKeepAlive, isHead) = (true, false)
        (announced, body, endpoint) = (head.bodyCount, .discarding, .append)
        givenID = RequestID.given(head.requestID)
    }

    /// What the request is called. One that nobody asks for is not made up.
    var id: String {
        let id = knownID ?? givenID ?? RequestID.make()
        knownID = id
        return id
    }
}

/// A body of events, one a line: what has arrived, and how far it is.
struct LineStream {
    var ingest: LineIngest
    var buffers = CircularBuffer<ByteBuffer>()
    /// A portion that the log had no room for in its queue.
    var refused: LineIngest.Portion?
}
