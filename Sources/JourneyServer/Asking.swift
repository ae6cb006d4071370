internal import ControlInterface
internal import EventLog
internal import JourneyModel
internal import NIOCore
internal import NIOPosix
internal import Views

extension ConnectionHandler {
    /// Answers a request that only reads: on a thread for questions, and when the views have come as far as it asks.
    func question(_ route: Route) {
        if case .events(let query) = route, query.follows { return follow(query) }
        if case .verify = route { return verify() }
        let interface = shared.interface
        let awaited: Position?
        // Where one subject's events are, the views know: they must have seen all that is stored by now.
        if case .events(let query) = route, query.needsViews { awaited = interface.log.tail } else { awaited = route.awaited }
        let views = interface.views
        let late: @Sendable (ConnectionHandler) -> Void = { handler in
            let detail = "the view has seen position \(views.position), not yet the one asked for"
            handler.send(Reply(Problem(.lagging, detail, retryAfter: 1)))
        }
        whenSeen(awaited, otherwise: late) { handler in
            let bound = handler.bound
            handler.shared.questions.submit { state in
                guard case .active = state else { return }
                let reply = interface.answer(route)
                bound.eventLoop.execute { bound.value.send(reply) }
            }
        }
    }

    /// Compares the whole log and sends a line for each step of the way.
    private func verify() {
        let (interface, bound) = (shared.interface, bound)
        startReply(contentType: "application/x-ndjson")
        shared.questions.submit { state in
            guard case .active = state else { return }
            interface.verify { line in bound.eventLoop.execute { bound.value.send(line) } }
            bound.eventLoop.execute { bound.value.endReply() }
        }
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
