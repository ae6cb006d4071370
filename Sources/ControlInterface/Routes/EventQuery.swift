package import JourneyModel

/// Which events are asked for, and in what form.
package struct EventQuery: Sendable {
    /// How the events are written.
    package enum Form: Sendable {
        /// One JSON object with an array.
        case page
        /// One event a line.
        case lines
        /// Server-sent events (WHATWG HTML, section 9.2).
        case serverSent
    }

    private static let maximumLimit = 10_000

    /// Where to begin; for a consumer, what it has acknowledged, once ``ControlInterface/resolved(_:)`` has looked.
    package internal(set) var after: Position
    package let limit: Int
    package internal(set) var filter: EventFilter
    /// The consumer whose events are asked for.
    package let consumer: String?
    package let form: Form
    /// Whether the answer goes on with events as they come.
    package let follows: Bool

    /// Reads the parameters.
    ///
    /// - Throws: `invalid-parameter`.
    init(_ values: [String: String], accept: String?, lastEventID: String?) throws(Problem) {
        let accept = accept ?? ""
        form = accept.contains("text/event-stream") ? .serverSent : accept.contains("application/x-ndjson") ? .lines : .page
        switch values["follow"] {
        case nil, "false": follows = form == .serverSent
        case "true": follows = true
        default: throw RequestTarget.invalid("follow", "is neither true nor false")
        }
        guard !follows || form != .page else {
            throw RequestTarget.invalid("follow", "needs the header Accept: application/x-ndjson or text/event-stream")
        }
        consumer = try values["consumer"].map { (name) throws(Problem) in try Route.consumerName(name, "consumer") }
        if consumer != nil, let other = ["after", "type", "source", "subject", "journey"].first(where: { values[$0] != nil }) {
            throw RequestTarget.invalid(other, "does not go with consumer, which has its own position and filter")
        }
        // A browser that reconnects asks the same target again and says in this header what it has seen.
        var resumed: Position?
        if let lastEventID {
            resumed = Route.position(of: lastEventID)
            guard resumed != nil else { throw RequestTarget.invalid("Last-Event-ID", "is not a position, which ids of events are here") }
        }
        let asked = try Route.position("after", values)
        after = resumed ?? asked ?? 0
        if let text = values["limit"] {
            guard let limit = Int(text), 1...EventQuery.maximumLimit ~= limit else {
                throw RequestTarget.invalid("limit", "is not a number from 1 to \(EventQuery.maximumLimit)")
            }
            self.limit = limit
        } else {
            limit = form == .page ? 100 : EventQuery.maximumLimit
        }
        filter = try EventFilter(
            type: values["type"], source: values["source"], subject: values["subject"], journey: values["journey"])
    }
}
