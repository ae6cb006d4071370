import JourneyModel

/// Tells the daemon how far a consumer is, on a connection of its own.
final class SoakClerk {
    static let consumer = "soak"
    private static let acknowledgedEvents = 10_000

    private let connection: SoakConnection
    private let state: SoakState
    /// What the daemon has last said that is acknowledged.
    private(set) var position = 0

    /// - Throws: ``ConnectionLost``, also where the consumer that went before is still there.
    init(_ follower: SoakFollower, _ state: SoakState) throws(ConnectionLost) {
        connection = try SoakConnection(state.socket)
        self.state = state
        position = try ask("PUT /v1/consumers/\(SoakClerk.consumer) HTTP/1.1", "{}")
        if position > follower.position { state.fault("the consumer is at \(position), and has seen \(follower.position)") }
    }

    /// Acknowledges what was seen, now and then: each time is a flush.
    func acknowledge(_ seen: Int, isLast: Bool) throws(ConnectionLost) {
        guard seen > position, isLast || seen >= position + SoakClerk.acknowledgedEvents else { return }
        position = try ask("POST /v1/consumers/\(SoakClerk.consumer)/ack HTTP/1.1", #"{"position":\#(seen)}"#)
        if position != seen { state.fault("\(seen) was acknowledged, and the consumer is at \(position)") }
    }

    private func ask(_ head: String, _ body: String) throws(ConnectionLost) -> Int {
        let answer = try connection.request(head + "\r\nContent-Type: application/json", Array(body.utf8))
        guard [200, 201].contains(answer.status), let position = (try? JSONValue(answer.body.span))?["position"]?.integer else {
            throw ConnectionLost()
        }
        return position
    }
}
