internal import ControlInterface
internal import NIOCore

/// Takes plain appends past the HTTP parser, and answers that are whole past the encoder: what services do all day must not cost a
/// message's parts on their way through handlers.
///
/// A connection on which anything else comes belongs to the parser from then on: what the parser has read of a head, nobody knows.
final class Shortcut: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let connection: ConnectionHandler
    private let timer: ConnectionTimer
    private var context: ChannelHandlerContext?
    private var isClosed = false
    // Bytes of a body that are still to come.
    private var missing: Int?

    init(_ connection: ConnectionHandler, _ timer: ConnectionTimer) {
        (self.connection, self.timer) = (connection, timer)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        // They know each other.
        connection.shortcut = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isClosed else { return context.fireChannelRead(data) }
        var buffer = unwrapInboundIn(data)
        while buffer.readableBytes > 0 {
            if let missing {
                take(&buffer, missing)
            } else if connection.isAtRest, let head = PlainAppend(buffer.readableBytesUInt8Span) {
                buffer.moveReaderIndex(forwardBy: head.headCount)
                if let body = buffer.readSlice(length: head.bodyCount) {
                    timer.request(isUnderWay: false)
                    connection.begin(head, body: body)
                } else {
                    timer.request(isUnderWay: true)
                    connection.begin(head, body: nil)
                    take(&buffer, head.bodyCount)
                }
            } else {
                isClosed = true
                return context.fireChannelRead(wrapInboundOut(buffer))
            }
        }
    }

    private func take(_ buffer: inout ByteBuffer, _ missing: Int) {
        let count = min(missing, buffer.readableBytes)
        if count > 0, let part = buffer.readSlice(length: count) { connection.body(part) }
        self.missing = count < missing ? missing - count : nil
        guard self.missing == nil else { return }
        timer.request(isUnderWay: false)
        connection.end()
    }

    /// Sends bytes as they are.
    func send(_ buffer: ByteBuffer) {
        context?.writeAndFlush(NIOAny(buffer), promise: nil)
    }

    /// Calls `body` when all that was sent has gone out, or cannot any more.
    func whenSent(_ body: @escaping @Sendable () -> Void) {
        guard let context else { return body() }
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.whenComplete { _ in body() }
        context.writeAndFlush(NIOAny(ByteBuffer()), promise: promise)
    }
}
