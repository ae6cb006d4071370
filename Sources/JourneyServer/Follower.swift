internal import ControlInterface
internal import EventLog
internal import JourneyModel
internal import Logging
internal import NIOCore
internal import NIOPosix

/// An answer that goes on with events as they come. The next events are read from the log only when the last ones have gone out, so a
/// follower holds one page in memory, however far behind it is; one that does not take its page in time is cut off.
struct Follower {
    /// Tells it from those before it on the same connection: what was fetched for one must not go to the next.
    let number: Int
    let query: EventQuery
    var position: Position
    let heartbeat: RepeatedTask
    /// Cuts the answer off; there where a page is on its way.
    var patience: Scheduled<Void>?
    var isFetching = false
    var isBlocked = false
    /// Whether something was committed since the last page was asked for.
    var isStale = true
}

extension ConnectionHandler {
    private static let pageEvents = 500
    // Somebody else gets the thread now and then, however rare the events are that are asked for.
    private static let pageScanned = 200_000

    /// Starts following.
    ///
    /// - Throws: `consumer-followed`.
    func follow(_ query: EventQuery) throws(Problem) {
        let bound = bound
        if let name = query.consumer {
            try shared.interface.sessions.begin(name, at: query.after) { bound.eventLoop.execute { bound.value.endFollowing() } }
            do throws(Problem) {
                // It may have been deleted before it was known that somebody follows it.
                _ = try shared.interface.resolved(query)
            } catch {
                shared.interface.sessions.end(name)
                throw error
            }
        }
        startReply(contentType: query.form == .serverSent ? "text/event-stream" : "application/x-ndjson")
        // Tells the client at once that it is heard, and a proxy or a dead peer now and then that both are alive.
        let sign: [UInt8] = query.form == .serverSent ? Array(":\n\n".utf8) : Array("\n".utf8)
        send(sign)
        let pause = TimeAmount.seconds(Int64(shared.options.heartbeatSeconds))
        let heartbeat = channel.eventLoop.scheduleRepeatedTask(initialDelay: pause, delay: pause) { _ in
            if bound.value.channel.isWritable { bound.value.send(sign) }
        }
        follows += 1
        follower = Follower(number: follows, query: query, position: query.after, heartbeat: heartbeat)
        shared.interface.telemetry.followers.add(1)
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
        let (interface, number, query, position) = (shared.interface, follower.number, follower.query, follower.position)
        var limits = EventPage.Limits(events: ConnectionHandler.pageEvents)
        (limits.bytes, limits.scanned) = (shared.options.followerPageBytes, ConnectionHandler.pageScanned)
        let late: @Sendable (ConnectionHandler) -> Void = { handler in
            guard handler.follower?.number == number else { return }
            handler.follower?.isFetching = false
            handler.follower?.isStale = true
            handler.followOn()
        }
        whenSeen(query.filter.needsViews ? interface.log.tail : nil, otherwise: late) { [limits] handler in
            let bound = handler.bound
            handler.shared.questions.submit { state in
                guard case .active = state else { return }
                let result = Result { () throws(Problem) in try interface.page(query, after: position, limits: limits) }
                bound.eventLoop.execute { bound.value.followed(result, number) }
            }
        }
    }

    private func followed(_ result: Result<EventPage, Problem>, _ number: Int) {
        guard let follower, follower.number == number else { return }
        switch result {
        case .success(let page):
            if page.next > follower.position { self.follower?.isStale = true }
            self.follower?.position = page.next
            if let name = follower.query.consumer { shared.interface.sessions.advance(name, sent: page.last, seen: page.next) }
            // Sending may call back, as the channel becomes writable again: nothing is asked for until it has returned.
            if !page.bytes.isEmpty { send(page.bytes) }
            self.follower?.isFetching = false
            if !channel.isWritable { blockFollower() }
            followOn()
        case .failure(let problem):
            shared.logger.error("following stopped", metadata: ["request": "\(requestID)", "reason": "\(problem.detail)"])
            endFollowing()
        }
    }

    /// Waits until the page that was sent is taken, but not for ever.
    private func blockFollower() {
        let bound = bound
        follower?.isBlocked = true
        follower?.patience = channel.eventLoop.scheduleTask(in: .seconds(Int64(shared.options.followerSeconds))) {
            let handler = bound.value
            handler.countSlowReader("follower")
            handler.channel.close(promise: nil)
        }
    }

    /// Goes on when a page was taken.
    func unblockFollower() {
        follower?.patience?.cancel()
        follower?.isBlocked = false
        followOn()
    }

    /// Counts and logs an answer that is cut off.
    func countSlowReader(_ kind: String) {
        shared.interface.telemetry.slowReaders.add(1)
        shared.logger.notice(
            "a reader that does not read was cut off",
            metadata: ["request": "\(requestID)", "uid": "\(peer.user)", "pid": "\(peer.process)", "kind": "\(kind)"])
    }

    /// Ends the answer, if it follows.
    func endFollowing() {
        guard let follower else { return }
        follower.heartbeat.cancel()
        follower.patience?.cancel()
        shared.commits.remove(ObjectIdentifier(self))
        shared.interface.telemetry.followers.add(-1)
        if let name = follower.query.consumer { shared.interface.sessions.end(name) }
        self.follower = nil
        endReply()
    }
}
