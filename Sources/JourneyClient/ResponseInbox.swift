internal import NIOCore
internal import NIOHTTP1

/// Keeps the parts of an answer until they are asked for, and reads from the socket only while there is room:
/// a slow reader slows the daemon down instead of filling this process's memory.
///
/// While there is room it always reads, even when nobody waits yet: should a write fail because the daemon has refused an upload and
/// closed, NIO drains what the daemon said before only from a channel that was reading.
///
/// Lives on its channel's event loop. The channel must not read by itself.
final class ResponseInbox: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    private var parts = CircularBuffer<HTTPClientResponsePart>()
    private var waiting: EventLoopPromise<HTTPClientResponsePart>?
    private var failure: (any Error)?
    private var unread = 0
    private static let capacity = 256 << 10

    /// The next part. Parts that came before a failure are given out before it. One caller may wait at a time.
    func next(_ channel: any Channel) -> EventLoopFuture<HTTPClientResponsePart> {
        if let part = parts.popFirst() {
            unread -= part.length
            if unread < ResponseInbox.capacity { channel.read() }
            return channel.eventLoop.makeSucceededFuture(part)
        }
        if let failure { return channel.eventLoop.makeFailedFuture(failure) }
        precondition(waiting == nil, "two readers of one connection")
        let promise = channel.eventLoop.makePromise(of: HTTPClientResponsePart.self)
        waiting = promise
        return promise.futureResult
    }

    /// Ends the stream of parts with `error`, unless it has ended already.
    func fail(_ error: any Error) {
        guard failure == nil else { return }
        failure = error
        waiting?.fail(error)
        waiting = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        context.fireChannelActive()
        context.read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        if let waiting {
            self.waiting = nil
            waiting.succeed(part)
        } else {
            unread += part.length
            parts.append(part)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        if unread < ResponseInbox.capacity { context.read() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(ClientError.connectionLost(because: error))
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(ClientError.connectionLost(because: ChannelError.eof))
        context.fireChannelInactive()
    }
}

extension HTTPClientResponsePart {
    /// The bytes of content in it.
    fileprivate var length: Int {
        if case .body(let chunk) = self { chunk.readableBytes } else { 0 }
    }
}
