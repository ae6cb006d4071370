internal import ControlInterface
internal import EventLog
internal import JourneyModel
internal import Logging
internal import NIOCore
internal import NIOHTTP1

/// One connection: takes requests one after another, reads no further while an answer is owed, and so passes back-pressure on.
///
/// All of it runs on the connection's event loop; what comes from the writer's or a question's thread hops there first.
final class ConnectionHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = Never
    typealias OutboundIn = Never
    typealias OutboundOut = HTTPServerResponsePart

    private static let maximumDiscarded = 64 << 20
    /// Parts of requests that are read ahead while an answer is owed: a client that waits for its answers never has as many, and is spared
    /// being taken out of the poll and put back with each request.
    private static let readAhead = 64
    /// How long a connection on which nothing was asked yet may stay when the server ends.
    private static let firstRequestGrace = TimeAmount.seconds(1)

    let shared: JourneyServer.Shared
    let peer: Peer
    let channel: any Channel
    let desk: AppendDesk
    private let timer: ConnectionTimer
    /// Set when it is in the pipeline.
    var shortcut: Shortcut?
    var exchange: Exchange?
    var follower: Follower?
    /// How many followers there were on this connection.
    var follows = 0
    /// Brings the pieces of the answer that is under way.
    var pipe: ReplyPipe?
    private var backlog = CircularBuffer<HTTPServerRequestPart>()
    private var isDraining = false
    private var isReadWithheld = false
    var isClosing = false
    /// Whether a request has begun on this connection.
    private var hasAsked = false

    init(_ shared: JourneyServer.Shared, _ peer: Peer, _ channel: any Channel, _ desk: AppendDesk, _ timer: ConnectionTimer) {
        (self.shared, self.peer, self.channel, self.desk, self.timer) = (shared, peer, channel, desk, timer)
    }

    /// Which types may be emitted here, now.
    var emission: EmissionLimit { shared.interface.access.emission(peer.caller) }

    /// This handler, to be taken along to another thread and back.
    var bound: NIOLoopBound<ConnectionHandler> { NIOLoopBound(self, eventLoop: channel.eventLoop) }

    // MARK: What comes in

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        switch part {
        case .head: timer.request(isUnderWay: true)
        case .body: break
        case .end: timer.request(isUnderWay: false)
        }
        guard backlog.isEmpty, isTaking else { return backlog.append(part) }
        take(part)
    }

    /// Whether the next part is taken: not while an answer is owed, and no further request while nobody reads the answers before it.
    private var isTaking: Bool { exchange.map { !$0.isRequestEnded } ?? channel.isWritable }

    private func take(_ part: HTTPServerRequestPart) {
        switch part {
        case .head(let head): begin(head)
        case .body(let buffer): body(buffer)
        case .end: end()
        }
    }

    private func begin(_ head: HTTPRequestHead) {
        hasAsked = true
        let exchange = Exchange(head)
        self.exchange = exchange
        do throws(Problem) {
            // Before anything is told of what there is: whoever may do nothing learns nothing.
            try shared.interface.access.check(peer.caller, .health)
            let route = try Route(
                method: head.method.rawValue, uri: head.uri, accept: head.headers.first(name: "accept"),
                lastEventID: head.headers.first(name: "last-event-id"))
            exchange.endpoint = route.endpoint
            try shared.interface.access.check(peer.caller, route.endpoint)
            exchange.body = try body(of: head, route, exchange)
        } catch {
            let allow = error.code == .methodNotAllowed ? (try? RequestTarget(head.uri)).flatMap { Endpoint.methods($0.path) } : nil
            send(Reply(error, allow: allow))
            return
        }
        if head.headers.first(name: "expect")?.lowercased() == "100-continue" {
            write(.head(HTTPResponseHead(version: .http1_1, status: .continue)), flush: true)
        }
    }

    /// Whether nothing is under way and nothing waits, so that a request may begin.
    var isAtRest: Bool { exchange == nil && backlog.isEmpty && channel.isWritable }

    /// Begins an append that the parser has not seen.
    ///
    /// - Parameter body: its body, where all of it is there: then it is appended at once.
    func begin(_ head: PlainAppend, body: ByteBuffer?) {
        hasAsked = true
        let exchange = Exchange(head)
        if let body {
            exchange.received = body.readableBytes
            exchange.isRequestEnded = true
        }
        self.exchange = exchange
        do throws(Problem) {
            let (access, format) = (shared.interface.access, head.format)
            try access.check(peer.caller, .append)
            let collecting = try collecting(.events(format, expect: nil), exchange, maximum: shared.interface.maximumBody(format))
            if let body {
                append(body, format, nil, access.emission(peer.caller))
            } else {
                exchange.body = collecting
            }
        } catch {
            send(Reply(error))
        }
    }

    private func body(of head: HTTPRequestHead, _ route: Route, _ exchange: Exchange) throws(Problem) -> Exchange.Body {
        guard case .append(let expect) = route else {
            guard let maximum = route.endpoint.bodyLimit else { return .question(route) }
            return try collecting(.request(route), exchange, maximum: maximum)
        }
        let format = try EventFormat(contentType: head.headers.first(name: "content-type"))
        if format == .lines, expect != nil {
            throw RequestTarget.invalid("expect", "does not go with application/x-ndjson: send one event or an array")
        }
        guard format != .lines else { return .lines(LineStream(ingest: LineIngest(shared.interface, emission))) }
        return try collecting(.events(format, expect: expect), exchange, maximum: shared.interface.maximumBody(format))
    }

    private func collecting(_ purpose: Exchange.Purpose, _ exchange: Exchange, maximum: Int) throws(Problem) -> Exchange.Body {
        if let announced = exchange.announced, announced > maximum { throw ConnectionHandler.tooLarge(purpose, announced, maximum) }
        return .collecting(purpose, ByteBuffer(), maximum: maximum)
    }

    private static func tooLarge(_ purpose: Exchange.Purpose, _ count: Int, _ maximum: Int) -> Problem {
        let advice = if case .events = purpose { "; send more as application/x-ndjson" } else { "" }
        return Problem(.tooLarge, "the body has \(count) bytes or more, \(maximum) are allowed\(advice)")
    }

    func body(_ buffer: ByteBuffer) {
        guard let exchange else { return }
        exchange.received += buffer.readableBytes
        // Nobody else may hold the buffers while they grow, or each append would copy them.
        switch exchange.body {
        case .collecting(let purpose, var collected, let maximum):
            exchange.body = .discarding
            if collected.readableBytes + buffer.readableBytes > maximum {
                let count = collected.readableBytes + buffer.readableBytes
                return send(Reply(ConnectionHandler.tooLarge(purpose, count, maximum)))
            }
            if buffer.readableBytes == exchange.announced {
                collected = buffer
            } else {
                if collected.readableBytes == 0 { collected.reserveCapacity(exchange.announced ?? 1024) }
                collected.writeImmutableBuffer(buffer)
            }
            exchange.body = .collecting(purpose, collected, maximum: maximum)
        case .lines(var stream):
            exchange.body = .discarding
            stream.buffers.append(buffer)
            exchange.body = .lines(stream)
            pump()
        case .question, .discarding:
            // A body that nobody wants is passed over so that the connection can be used again, but not for ever.
            if exchange.received > ConnectionHandler.maximumDiscarded { channel.close(promise: nil) }
        }
    }

    func end() {
        guard let exchange else { return }
        exchange.isRequestEnded = true
        switch exchange.body {
        case .collecting(let purpose, let body, _):
            exchange.body = .discarding
            switch purpose {
            case .events(let format, let expect): append(body, format, expect, emission)
            case .request(let route): question(route, body: Array(body.readableBytesView))
            }
        case .lines(var stream):
            exchange.body = .discarding
            stream.ingest.isInputEnded = true
            exchange.body = .lines(stream)
            pump()
        case .question(let route): question(route)
        case .discarding: finishIfDone()
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        // Lines that are at hand have been taken as far as they go; what is left of them need not wait for more.
        if case .lines = exchange?.body { pump(isInputPaused: true) }
        context.fireChannelReadComplete()
    }

    // MARK: Back-pressure

    func read(context: ChannelHandlerContext) {
        if wantsInput { context.read() } else { isReadWithheld = true }
    }

    private var wantsInput: Bool {
        guard isTaking, let exchange else { return backlog.count < ConnectionHandler.readAhead }
        guard case .lines(let stream) = exchange.body else { return true }
        // The answer's lines pile up where the client does not read them.
        return stream.buffers.isEmpty && channel.isWritable
    }

    func resumeReading() {
        guard isReadWithheld, wantsInput else { return }
        isReadWithheld = false
        channel.read()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        takeBacklog()
        resumeReading()
        if channel.isWritable {
            unblockFollower()
        }
        context.fireChannelWritabilityChanged()
    }

    // MARK: Ends and errors

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is Closing: close()
        case is AccessChanged: checkFollowing()
        case ConnectionTimer.Event.silence:
            if follower == nil { idle() }
        case ConnectionTimer.Event.slowHead:
            fail(Problem(.timeout, "the request line and headers took longer than \(shared.options.headerSeconds) s"))
        case ChannelEvent.inputClosed: inputClosed()
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    private func close() {
        isClosing = true
        guard exchange != nil else { return hasAsked ? closeWhenSent() : closeUnlessAsked() }
        if follower != nil { endFollowing() }
    }

    /// Closes in a moment: a client that connected just now is about to ask, and would be cut off without an answer.
    private func closeUnlessAsked() {
        let bound = bound
        channel.eventLoop.scheduleTask(in: ConnectionHandler.firstRequestGrace) {
            if !bound.value.hasAsked { bound.value.closeWhenSent() }
        }
    }

    /// Ends following where it is not allowed any more.
    private func checkFollowing() {
        guard follower != nil else { return }
        do throws(Problem) {
            try shared.interface.access.check(peer.caller, .events)
        } catch {
            isClosing = true
            endFollowing()
        }
    }

    private func idle() {
        guard let exchange else { return channel.close(promise: nil) }
        // While an answer is being worked on, silence is ours.
        guard !exchange.isRequestEnded else { return }
        if case .lines(let stream) = exchange.body, !stream.buffers.isEmpty { return }
        fail(Problem(.timeout, "nothing came for \(shared.options.idleSeconds) s in the middle of a request"))
    }

    private func inputClosed() {
        guard let exchange else { return closeWhenSent() }
        // A client may close its side and still read the answer; but half a request is none.
        isClosing = true
        guard exchange.isRequestEnded else { return fail(truncated(exchange)) }
    }

    private func truncated(_ exchange: Exchange) -> Problem {
        let announced = exchange.announced.map { " of \($0)" } ?? ""
        return Problem(
            .malformedJSON, "the body ended after \(exchange.received)\(announced) bytes; nothing behind what was answered is stored")
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let parserError = error as? HTTPParserError else {
            shared.logger.debug("connection lost", metadata: ["error": "\(error)"])
            return context.close(promise: nil)
        }
        switch parserError {
        case .headerOverflow: fail(Problem(.headersTooLarge, "\(shared.options.headerBytes) bytes are allowed"))
        case .invalidEOFState:
            // The end of input comes as an event of its own, which tells it with the numbers of bytes.
            if exchange == nil { fail(Problem(.malformedRequest, "the request ended in its head")) }
        default: fail(Problem(.malformedRequest, "the request cannot be parsed: \(parserError)"))
        }
    }

    /// Answers with a problem where that can still be done, and closes.
    private func fail(_ problem: Problem) {
        isClosing = true
        guard exchange?.isReplyStarted != true else { return channel.close(promise: nil) }
        if exchange == nil { exchange = Exchange(HTTPRequestHead(version: .http1_1, method: .GET, uri: "/")) }
        exchange?.body = .discarding
        exchange?.isRequestEnded = true
        send(Reply(problem))
    }

    func channelInactive(context: ChannelHandlerContext) {
        endFollowing()
        pipe?.close()
        // It knows this handler, too.
        pipe = nil
        exchange = nil
        context.fireChannelInactive()
    }

    // MARK: On to the next

    func finishIfDone() {
        guard let exchange, exchange.isRequestEnded, exchange.isReplyEnded else { return }
        self.exchange = nil
        guard exchange.isKeepAlive, !isClosing else { return closeWhenSent() }
        takeBacklog()
        resumeReading()
    }

    private func takeBacklog() {
        // Answers that need no waiting come back here: without this, requests that came together would nest.
        guard !isDraining else { return }
        isDraining = true
        while isTaking, let part = backlog.popFirst() { take(part) }
        isDraining = false
    }

    /// Closes when the last answer has gone out: closing at once would cut off what a slow reader has not taken yet.
    private func closeWhenSent() {
        let channel = channel
        guard let shortcut else { return channel.close(promise: nil) }
        shortcut.whenSent { channel.close(promise: nil) }
    }
}
