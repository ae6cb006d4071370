internal import ControlInterface
internal import EventLog
internal import JourneyModel
internal import NIOCore
internal import NIOPosix
internal import Views

extension ConnectionHandler {
    /// Answers a request that is no append: on a thread that may block, and when the views have come as far as it asks.
    func question(_ route: Route, body: [UInt8] = []) {
        let interface = shared.interface
        var route = route
        if case .events(let asked) = route {
            do throws(Problem) {
                let query = try interface.resolved(asked)
                if query.follows { return try follow(query) }
                route = .events(query)
            } catch {
                return send(Reply(error))
            }
        }
        if let position = route.awaited, position > interface.log.tail {
            // Nobody was told that it is stored: it will not come because somebody waits.
            return send(Reply(Problem(.positionAhead, "the log ends at position \(interface.log.tail), after names \(position)")))
        }
        let awaited: Position?
        // Where one subject's events are, the views know: they must have seen all that is stored by now.
        switch route {
        case .events(let query) where query.filter.needsViews: awaited = interface.log.tail
        case .erase: awaited = interface.log.tail
        default: awaited = route.awaited
        }
        let views = interface.views
        let late: @Sendable (ConnectionHandler) -> Void = { handler in
            let detail = "the view has seen position \(views.position), not yet the one asked for"
            handler.send(Reply(Problem(.lagging, detail, retryAfter: 1)))
        }
        let asker = asker
        whenSeen(awaited, by: route.awaitedView, otherwise: late) { [route] handler in
            // The client may have gone while it was waited for.
            guard handler.channel.isActive else { return }
            let (bound, pipe, watch) = (handler.bound, handler.makePipe(), handler.shared.slowness(route, body, asker))
            let threads = handler.shared.threads(for: route)
            threads.submit { state in
                guard case .active = state, pipe.isOpen else { return }
                let started = ContinuousClock.now
                switch interface.answer(route, body: body, asker: asker, isWanted: { pipe.isOpen }) {
                case .whole(let reply):
                    bound.eventLoop.execute { bound.value.send(reply) }
                case .pieces(let contentType, let produce):
                    bound.eventLoop.execute { bound.value.startReply(contentType: contentType) }
                    produce { piece in pipe.send(piece) }
                    bound.eventLoop.execute { bound.value.endPieces(pipe) }
                }
                watch.look(started)
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
        if pipe.isAbandoned { countSlowReader("answer") }
        guard pipe.isOpen else { return channel.close(promise: nil) }
        endReply()
    }

    /// Calls `body` on this connection's loop when the built-in views, or the kept one `view`, have seen `position`, or `otherwise` where that takes too long.
    func whenSeen(
        _ position: Position?, by view: (name: String, version: Int?)? = nil, otherwise: @escaping @Sendable (ConnectionHandler) -> Void,
        _ body: @escaping @Sendable (ConnectionHandler) -> Void
    ) {
        guard let position, view != nil || shared.interface.views.position < position else { return body(self) }
        let bound = bound
        let isSettled = NIOLoopBoundBox(false, eventLoop: channel.eventLoop)
        let timer = channel.eventLoop.scheduleTask(in: .seconds(Int64(shared.options.viewSeconds))) {
            isSettled.value = true
            otherwise(bound.value)
        }
        shared.interface.whenSeen(position, view) {
            bound.eventLoop.execute {
                guard !isSettled.value else { return }
                timer.cancel()
                body(bound.value)
            }
        }
    }
}
