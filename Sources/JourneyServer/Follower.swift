internal import ControlInterface
internal import EventLog
internal import JourneyModel
internal import Logging
internal import NIOCore
internal import NIOPosix

/// An answer that goes on with events as they come. Slow readers are waited for: the next events are read from the log only when
/// the last ones have gone out, so a follower holds one page in memory, however far behind it is.
struct Follower {
    let query: EventQuery
    var position: Position
    let heartbeat: RepeatedTask
    var isFetching = false
    var isBlocked = false
    /// Whether something was committed since the last page was asked for.
    var isStale = true
}

extension ConnectionHandler {
    private static let page = 500

    /// Starts following.
    func follow(_ query: EventQuery) {
        let bound = bound
        startReply(contentType: query.form == .serverSent ? "text/event-stream" : "application/x-ndjson")
        // Tells the client at once that it is heard, and a proxy or a dead peer now and then that both are alive.
        let sign: [UInt8] = query.form == .serverSent ? Array(":\n\n".utf8) : Array("\n".utf8)
        send(sign)
        let pause = TimeAmount.seconds(Int64(shared.options.heartbeatSeconds))
        let heartbeat = channel.eventLoop.scheduleRepeatedTask(initialDelay: pause, delay: pause) { _ in
            if bound.value.channel.isWritable { bound.value.send(sign) }
        }
        follower = Follower(query: query, position: query.after, heartbeat: heartbeat)
        shared.commits.add(ObjectIdentifier(self)) {
            bound.eventLoop.execute {
                bound.value.follower?.isStale = true
                bound.value.followOn()
            }
        }
        followOn()
    }

    /// Sends the next page, if there is one to send and the last is out.
    func followOn() {
        guard let follower, !follower.isFetching, !follower.isBlocked, follower.isStale else { return }
        self.follower?.isFetching = true
        self.follower?.isStale = false
        let (interface, query, position) = (shared.interface, follower.query, follower.position)
        let late: @Sendable (ConnectionHandler) -> Void = { handler in
            handler.follower?.isFetching = false
            handler.follower?.isStale = true
            handler.followOn()
        }
        whenSeen(query.needsViews ? interface.log.tail : nil, otherwise: late) { handler in
            let bound = handler.bound
            handler.shared.questions.submit { state in
                guard case .active = state else { return }
                let result = Result { () throws(Problem) in
                    try interface.page(query, after: position, limit: ConnectionHandler.page)
                }
                bound.eventLoop.execute { bound.value.followed(result) }
            }
        }
    }

    private func followed(_ result: Result<EventPage, Problem>) {
        guard follower != nil else { return }
        follower?.isFetching = false
        switch result {
        case .success(let page):
            // Before anything is sent: what goes out at once makes room at once, and asks for the next page from here.
            if page.next > follower?.position ?? 0 { follower?.isStale = true }
            follower?.position = page.next
            if !page.bytes.isEmpty { send(page.bytes) }
            follower?.isBlocked = !channel.isWritable
            followOn()
        case .failure(let problem):
            shared.logger.error("following stopped", metadata: ["reason": "\(problem.detail)"])
            endFollowing()
        }
    }

    /// Ends the answer, if it follows.
    func endFollowing() {
        guard let follower else { return }
        follower.heartbeat.cancel()
        shared.commits.remove(ObjectIdentifier(self))
        self.follower = nil
        endReply()
    }
}
