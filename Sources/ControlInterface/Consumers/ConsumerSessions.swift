internal import Consumers
package import JourneyModel
internal import Synchronization

/// Who follows which consumer: one connection each, as two would both be sent everything and acknowledge for one another.
package final class ConsumerSessions: Sendable {
    private struct Session {
        /// The last event that was sent.
        var sent: Position
        /// The last position that was looked at for it.
        var seen: Position
        let stop: @Sendable () -> Void
    }

    private let sessions = Mutex<[String: Session]>([:])

    init() {}

    /// Begins to follow a consumer from `position`.
    ///
    /// - Parameter stop: called where the consumer is deleted meanwhile.
    /// - Throws: `consumer-followed` where somebody does already.
    package func begin(_ name: String, at position: Position, stop: @escaping @Sendable () -> Void) throws(Problem) {
        let isFree = sessions.withLock { sessions in
            guard sessions[name] == nil else { return false }
            sessions[name] = Session(sent: position, seen: position, stop: stop)
            return true
        }
        guard isFree else {
            throw Problem(.consumerFollowed, "another connection follows '\(name)'; close that one first, or make another consumer")
        }
    }

    /// Notes how far the events of a consumer have gone out.
    ///
    /// - Parameters:
    ///   - sent: the last event that was sent; nil where none was.
    ///   - seen: the last position that was looked at.
    package func advance(_ name: String, sent: Position?, seen: Position) {
        sessions.withLock { sessions in
            if let sent { sessions[name]?.sent = sent }
            sessions[name]?.seen = seen
        }
    }

    /// Ends following a consumer.
    package func end(_ name: String) {
        _ = sessions.withLock { $0.removeValue(forKey: name) }
    }

    func isFollowed(_ name: String) -> Bool {
        sessions.withLock { $0[name] != nil }
    }

    /// Up to where there is nothing for a consumer to acknowledge any more; zero where it has events to acknowledge, or nobody follows it.
    func passedOver(_ consumer: Consumer) -> Position {
        sessions.withLock { sessions in
            guard let session = sessions[consumer.name], consumer.position >= session.sent else { return 0 }
            return session.seen
        }
    }

    /// Tells whoever follows a consumer that it is gone.
    func stop(_ name: String) {
        sessions.withLock { $0[name]?.stop }?()
    }
}
