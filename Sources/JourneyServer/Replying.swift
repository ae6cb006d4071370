internal import ControlInterface
internal import EventLog
internal import Logging
internal import NIOCore
internal import NIOHTTP1

/// What goes out.
extension ConnectionHandler {
    // Bytes of most heads.
    private static let headCapacity = 256

    /// What the request under way is called.
    var requestID: String {
        exchange?.id ?? RequestID.make()
    }

    /// Who asks the request under way.
    var asker: Asker { Asker(user: peer.user, request: requestID) }

    /// Sends an answer as a whole.
    func send(_ reply: Reply) {
        guard let exchange, !exchange.isReplyStarted else { return }
        exchange.status = reply.status
        if let problem = reply.problem {
            shared.interface.telemetry.refused(problem.code.rawValue)
            write(reply.answering(requestID), exchange)
            log(problem)
        } else {
            write(reply, exchange)
        }
        finishReply()
    }

    /// Writes an answer at once: the encoder would make three parts of it.
    private func write(_ reply: Reply, _ exchange: Exchange) {
        var answer = channel.allocator.buffer(capacity: ConnectionHandler.headCapacity + reply.body.count)
        answer.writeStatus(reply.status)
        eachHeader(status: reply.status, contentType: reply.contentType) { answer.writeHeader($0, $1) }
        answer.writeHeader("Content-Length", String(reply.body.count))
        for (name, value) in reply.headers { answer.writeHeader(name, value) }
        answer.writeStaticString("\r\n")
        if !exchange.isHead { answer.writeBytes(reply.body) }
        shortcut?.send(answer)
    }

    /// Starts an answer whose length is not known.
    func startReply(contentType: String) {
        guard let exchange, !exchange.isReplyStarted else { return }
        exchange.status = 200
        var head = HTTPResponseHead(version: .http1_1, status: .ok)
        eachHeader(status: 200, contentType: contentType) { head.headers.add(name: $0, value: $1) }
        head.headers.add(name: "Transfer-Encoding", value: "chunked")
        head.headers.add(name: "Cache-Control", value: "no-store")
        exchange.isReplyStarted = true
        write(.head(head), flush: false)
    }

    /// Sends part of an answer that was started.
    func send(_ bytes: [UInt8], _ sent: EventLoopPromise<Void>? = nil) {
        channel.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(channel.allocator.buffer(bytes: bytes))), promise: sent)
    }

    /// Ends the answer and goes on with what came meanwhile.
    func endReply() {
        write(.end(nil), flush: true)
        finishReply()
    }

    private func finishReply() {
        if let exchange {
            exchange.isReplyStarted = true
            exchange.isReplyEnded = true
            let microseconds = Int((NIODeadline.now() - exchange.begun).nanoseconds / 1_000)
            shared.interface.telemetry.answered(exchange.endpoint, status: exchange.status, microseconds: microseconds)
        }
        finishIfDone()
    }

    func write(_ part: HTTPServerResponsePart, flush: Bool) {
        if flush { channel.writeAndFlush(part, promise: nil) } else { channel.write(part, promise: nil) }
    }

    /// The headers that every answer has.
    private func eachHeader(status: Int, contentType: String, _ body: (_ name: String, _ value: String) -> Void) {
        body("Content-Type", contentType)
        body("Journeyd-Position", String(shared.interface.log.tail))
        // An append that went well is not worth a name of ours: a service that wants one gives it.
        if let exchange, exchange.givenID != nil || exchange.endpoint != .append || status != 200 { body("X-Request-Id", requestID) }
        if isClosing || exchange?.isKeepAlive == false { body("Connection", "close") }
    }

    /// Logs refusals for lack of rights, without what was asked, and what is the daemon's own fault.
    private func log(_ problem: Problem) {
        switch problem.code {
        case .forbidden: logRefusal()
        case .damaged, .internalError:
            shared.logger.error(
                "a request could not be answered",
                metadata: ["request": "\(requestID)", "code": "\(problem.code.rawValue)", "reason": "\(problem.detail)"])
        default: break
        }
    }

    /// Logs that somebody tried what he may not do.
    ///
    /// - Parameter lines: how many lines of a stream it was.
    func logRefusal(lines: Int? = nil) {
        var metadata: Logger.Metadata = [
            "request": "\(requestID)", "uid": "\(peer.user)", "pid": "\(peer.process)", "call": "\(exchange?.endpoint?.name ?? "unknown")",
        ]
        if let lines { metadata["lines"] = "\(lines)" }
        shared.logger.notice("refused", metadata: metadata)
    }
}

extension ByteBuffer {
    fileprivate mutating func writeStatus(_ status: Int) {
        if status == 200 {
            writeStaticString("HTTP/1.1 200 OK\r\n")
        } else {
            writeString("HTTP/1.1 \(status) \(HTTPResponseStatus(statusCode: status).reasonPhrase)\r\n")
        }
    }

    fileprivate mutating func writeHeader(_ name: String, _ value: String) {
        writeString(name)
        writeStaticString(": ")
        writeString(value)
        writeStaticString("\r\n")
    }
}
