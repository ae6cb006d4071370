internal import NIOCore

/// Fires ``HeaderDeadline/Passed`` when a request line and its headers take too long to arrive.
///
/// Sits before the decoder, which keeps to itself that it has seen half a head.
final class HeaderDeadline: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// The event.
    struct Passed: Sendable {}

    private let time: TimeAmount
    private var timer: Scheduled<Void>?
    private var isInRequest = false

    init(_ time: TimeAmount) {
        self.time = time
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if !isInRequest, timer == nil {
            let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            timer = context.eventLoop.scheduleTask(in: time) {
                let (handler, context) = bound.value
                handler.timer = nil
                context.fireUserInboundEventTriggered(Passed())
            }
        }
        context.fireChannelRead(data)
    }

    /// Called when a head has arrived, and when its request has ended.
    func request(isUnderWay: Bool) {
        isInRequest = isUnderWay
        timer?.cancel()
        timer = nil
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        context.fireChannelInactive()
    }
}
