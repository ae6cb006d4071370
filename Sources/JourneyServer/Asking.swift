internal import ControlInterface
internal import EventLog
internal import JourneyModel
internal import NIOCore
internal import NIOPosix
internal import Views

extension ConnectionHandler {
    /// Answers a request that is no append: on a thread that may block, and when the views have come as far as it asks.
    func question(_ route: Route, body: [UInt8] = []) {
        if case .events(let query) = route, query.follows { return follow(query) }
        let interface = shared.interface
        let awaited: Position?
        // Where one subject's events are, the views know: they must have seen all that is stored by now.
        switch route {
        case .events(let query) where query.needsViews: awaited = interface.log.tail
        case .erase: awaited = interface.log.tail
        default: awaited = route.awaited
        }
        let views = interface.views
        let late: @Sendable (ConnectionHandler) -> Void = { handler in
            let detail = "the view has seen position \(views.position), not yet the one asked for"
            handler.send(Reply(Problem(.lagging, detail, retryAfter: 1)))
        }
        whenSeen(awaited, otherwise: late) { handler in
            // The client may have gone while it was waited for.
            guard handler.channel.isActive else { return }
            let (bound, pipe) = (handler.bound, handler.makePipe())
            let threads = handler.shared.threads(for: route)
            threads.submit { state in
                guard case .active = state, pipe.isOpen else { return }
                switch interface.answer(route, body: body, isWanted: { pipe.isOpen }) {
                case .whole(let reply): bound.eventLoop.execute { bound.value.send(reply) }
                case .pieces(let contentType, let produce):
                    bound.eventLoop.execute { bound.value.startReply(contentType: contentType) }
                    produce { piece in pipe.send(piece) }
                    bound.eventLoop.execute { bound.value.endPieces(pipe) }
                }
            }
        }
    }

    /// The way for the answer's pieces, should it come in pieces.
    private func makePipe() -> ReplyPipe {
        let bound = bound
        let pipe = ReplyPipe(patience: shared.options.idleSeconds) { piece, sent in
            bound.eventLoop.execute {
                let promise = bound.eventLoop.makePromise(of: Void.self)
                promise.futureResult.whenComplete { result in
                    if case .success = result { sent(true) } else { sent(false) }
                }
                bound.value.send(piece, promise)
            }
        }
        self.pipe = pipe
        return pipe
    }

    /// Ends an answer that came in pieces; one that was cut off as nobody read it must not look like a whole one.
    private func endPieces(_ pipe: ReplyPipe) {
        guard pipe.isOpen else { return channel.close(promise: nil) }
        endReply()
    }

    /// Calls `body` on this connection's loop when the views have seen `position`, or `otherwise` where that takes too long.
    func whenSeen(
        _ position: Position?, otherwise: @escaping @Sendable (ConnectionHandler) -> Void,
        _ body: @escaping @Sendable (ConnectionHandler) -> Void
    ) {
        guard let position, shared.interface.views.position < position else { return body(self) }
        let bound = bound
        let isSettled = NIOLoopBoundBox(false, eventLoop: channel.eventLoop)
        let timer = channel.eventLoop.scheduleTask(in: .seconds(Int64(shared.options.viewSeconds))) {
            isSettled.value = true
            otherwise(bound.value)
        }
        shared.interface.views.whenSeen(position) {
            bound.eventLoop.execute {
                guard !isSettled.value else { return }
                timer.cancel()
                body(bound.value)
            }
        }
    }
}
