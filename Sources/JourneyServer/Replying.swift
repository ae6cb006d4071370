internal import ControlInterface
internal import EventLog
internal import Logging
internal import NIOCore
internal import NIOHTTP1

/// What goes out.
extension ConnectionHandler {
    /// What the request under way is called.
    var requestID: String {
        guard exchange != nil else { return RequestID.make() }
        return exchange?.id ?? ""
    }

    /// Who asks the request under way.
    var asker: Asker { Asker(user: peer.user, request: requestID) }

    /// Sends an answer as a whole.
    func send(_ reply: Reply) {
        guard let exchange, !exchange.isReplyStarted else { return }
        var reply = reply
        self.exchange?.status = reply.status
        if let problem = reply.problem {
            shared.interface.telemetry.refused(problem.code.rawValue)
            reply = reply.answering(requestID)
            log(problem)
        }
        var head = responseHead(status: reply.status, contentType: reply.contentType)
        head.headers.add(name: "Content-Length", value: String(reply.body.count))
        for (name, value) in reply.headers { head.headers.add(name: name, value: value) }
        write(.head(head), flush: false)
        if !exchange.isHead { write(.body(.byteBuffer(channel.allocator.buffer(bytes: reply.body))), flush: false) }
        endReply()
    }

    /// Starts an answer whose length is not known.
    func startReply(contentType: String) {
        guard exchange?.isReplyStarted == false else { return }
        exchange?.status = 200
        var head = responseHead(status: 200, contentType: contentType)
        head.headers.add(name: "Transfer-Encoding", value: "chunked")
        head.headers.add(name: "Cache-Control", value: "no-store")
        exchange?.isReplyStarted = true
        write(.head(head), flush: false)
    }

    /// Sends part of an answer that was started.
    func send(_ bytes: [UInt8], _ sent: EventLoopPromise<Void>? = nil) {
        channel.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(channel.allocator.buffer(bytes: bytes))), promise: sent)
    }

    /// Ends the answer and goes on with what came meanwhile.
    func endReply() {
        exchange?.isReplyStarted = true
        exchange?.isReplyEnded = true
        if let exchange {
            let microseconds = Int(exchange.begun.duration(to: .now) / .microseconds(1))
            shared.interface.telemetry.answered(exchange.endpoint?.name ?? "other", status: exchange.status, microseconds: microseconds)
        }
        let sent = channel.eventLoop.makePromise(of: Void.self)
        channel.writeAndFlush(HTTPServerResponsePart.end(nil), promise: sent)
        lastAnswer = sent.futureResult
        finishIfDone()
    }

    func write(_ part: HTTPServerResponsePart, flush: Bool) {
        if flush { channel.writeAndFlush(part, promise: nil) } else { channel.write(part, promise: nil) }
    }

    private func responseHead(status: Int, contentType: String) -> HTTPResponseHead {
        var headers = HTTPHeaders()
        headers.reserveCapacity(6)
        headers.add(name: "Content-Type", value: contentType)
        headers.add(name: "Journeyd-Position", value: String(shared.interface.log.tail))
        // An append that went well is not worth a name of ours: a service that wants one gives it.
        if let exchange, exchange.givenID != nil || exchange.endpoint != .append || status != 200 {
            headers.add(name: "X-Request-Id", value: requestID)
        }
        if isClosing || exchange?.isKeepAlive == false { headers.add(name: "Connection", value: "close") }
        return HTTPResponseHead(version: .http1_1, status: HTTPResponseStatus(statusCode: status), headers: headers)
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
