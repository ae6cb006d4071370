internal import NIOCore

/// Tells when nothing moves on a connection, and when a request line and its headers take too long to arrive.
///
/// It is the first to see what comes: the parser keeps to itself that it has seen half a head. It takes the time as bytes come and go, and
/// a timer looks at that now and then: setting one for each request would cost more than reading it.
final class ConnectionTimer: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = IOData
    typealias OutboundOut = IOData

    /// What it fires.
    enum Event: Sendable {
        /// Nothing came and nothing went for as long as it may.
        case silence
        /// A head has taken longer than it may.
        case slowHead
    }

    private let silence: TimeAmount
    private let headTime: TimeAmount
    private var lastMove = NIODeadline.now()
    // What had not gone out when it was last looked at: where it becomes less, something moves.
    private var unsent = 0
    private var silenceTimer: Scheduled<Void>?
    private var headTimer: Scheduled<Void>?
    private var isInRequest = false
    private var isInHead = false

    /// - Parameters:
    ///   - silence: for how long nothing may move.
    ///   - head: how long a request line and its headers may take.
    init(silence: TimeAmount, head: TimeAmount) {
        (self.silence, headTime) = (silence, head)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        look(context, in: silence)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        lastMove = .now()
        if !isInRequest { isInHead = true }
        context.fireChannelRead(data)
        // Nearly always the head came as a whole.
        guard isInHead, headTimer == nil, context.channel.isActive else { return }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        headTimer = context.eventLoop.scheduleTask(in: headTime) {
            let (timer, context) = bound.value
            timer.headTimer = nil
            context.fireUserInboundEventTriggered(Event.slowHead)
        }
    }

    func flush(context: ChannelHandlerContext) {
        context.flush()
        lastMove = .now()
    }

    /// Called when a head has arrived, and when its request has ended.
    func request(isUnderWay: Bool) {
        isInRequest = isUnderWay
        isInHead = false
        headTimer?.cancel()
        headTimer = nil
    }

    private func look(_ context: ChannelHandlerContext, in pause: TimeAmount) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        silenceTimer = context.eventLoop.scheduleTask(in: pause) {
            let (timer, context) = bound.value
            timer.look(context)
        }
    }

    private func look(_ context: ChannelHandlerContext) {
        let now = NIODeadline.now()
        let unsent = (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        if unsent != self.unsent { lastMove = now }
        self.unsent = unsent
        guard now - lastMove >= silence else {
            let rest = lastMove + silence - now
            // What goes out slowly is seen by looking at it.
            return look(context, in: unsent > 0 ? min(rest, .nanoseconds(silence.nanoseconds / 4)) : rest)
        }
        look(context, in: silence)
        context.fireUserInboundEventTriggered(Event.silence)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        cancel()
    }

    func channelInactive(context: ChannelHandlerContext) {
        cancel()
        context.fireChannelInactive()
    }

    private func cancel() {
        silenceTimer?.cancel()
        headTimer?.cancel()
        (silenceTimer, headTimer) = (nil, nil)
    }
}
