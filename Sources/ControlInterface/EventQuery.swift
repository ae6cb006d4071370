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

    /// Whether the views must tell where the events are.
    package var needsViews: Bool { subject != nil || journey != nil }

    private static let maximumLimit = 10_000

    package let after: Position
    package let limit: Int
    /// A type, or all that begin alike where it ends in `.*`.
    let type: TypePattern?
    package let subject: String?
    package let journey: String?
    package let form: Form
    /// Whether the answer goes on with events as they come.
    package let follows: Bool

    init(_ target: RequestTarget, accept: String?, lastEventID: String?) throws(Problem) {
        let values = try target.values(allowed: ["after", "limit", "type", "subject", "journey", "follow"])
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
        // A browser that reconnects asks the same target again and says in this header what it has seen.
        let resumed = lastEventID.flatMap { Position($0) }
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
        type = values["type"].map { TypePattern($0) }
        subject = values["subject"]
        journey = values["journey"]
        for name in ["subject", "journey"] {
            guard let text = values[name] else { continue }
            let utf8 = Array(text.utf8)
            if let fault = Subject.fault(utf8.span) { throw RequestTarget.invalid(name, fault) }
        }
    }

    /// Whether an event's type is asked for.
    func includes(type name: String) -> Bool {
        type?.matches(name.utf8) ?? true
    }
}
