package import JourneyModel
internal import Questions
package import Views

/// What a request asks for, with its parameters checked.
package enum Route: Sendable {
    /// Events to store; with the position that the subject's last event must have, if the sender expects one.
    case append(expect: Position?)
    /// Ends the live epoch.
    case seal
    /// Reads and compares everything.
    case verify
    /// Takes away whole epochs, after a plan.
    case retain
    /// Erases what is personal in a journey, after a plan.
    case erase
    /// An archive of the log.
    case backup
    /// A question about the journeys; whether its progress is asked for as well, in lines.
    case question(asLines: Bool)
    case events(EventQuery)
    case event(Position)
    case journey(subject: String, at: Timestamp?, after: Position?)
    case funnel(ViewQuery, after: Position?)
    case friction(ViewQuery, after: Position?)
    case status
    case health
    case metrics

    /// The position that the views must have seen before they answer.
    package var awaited: Position? {
        switch self {
        case .journey(_, _, let after), .funnel(_, let after), .friction(_, let after): after
        default: nil
        }
    }

    /// What administrators ask for, by the last part of its path.
    private static let administration: [String: Route] = [
        "seal": .seal, "verify": .verify, "retain": .retain, "erase": .erase, "backup": .backup,
    ]

    /// How many bytes of body the request may have; nil where the body is of no interest.
    package var bodyLimit: Int? {
        switch self {
        case .retain, .erase: 64 << 10
        // The digests of some 40,000 epochs.
        case .backup: 4 << 20
        // More than a question may have, so that one that is too long is told what is wrong with it.
        case .question: 2 << 20
        default: nil
        }
    }

    /// Whether it may take minutes, and must not keep a thread from questions.
    package var isLong: Bool {
        switch self {
        case .verify, .retain, .seal, .erase, .backup: true
        default: false
        }
    }

    /// What metrics call it.
    package var name: String {
        switch self {
        case .append: "append"
        case .question: "question"
        case .events: "events"
        case .event: "event"
        case .journey: "journey"
        case .funnel: "funnel"
        case .friction: "friction"
        case .status: "status"
        case .health: "health"
        case .metrics: "metrics"
        case .seal: "seal"
        case .verify: "verify"
        case .retain: "retain"
        case .erase: "erase"
        case .backup: "backup"
        }
    }

    /// Finds the route.
    ///
    /// - Throws: `not-found`; `method-not-allowed`; `invalid-parameter`.
    package init(method: String, uri: String, accept: String?, lastEventID: String?) throws(Problem) {
        // Nearly all requests are this one.
        if uri == "/v1/events", method == "POST" {
            self = .append(expect: nil)
        } else {
            try self.init(method: method, target: try RequestTarget(uri), accept: accept, lastEventID: lastEventID)
        }
    }

    /// Finds the route of a target that was read already.
    package init(method: String, target: RequestTarget, accept: String?, lastEventID: String?) throws(Problem) {
        switch (method, target.path.first, target.path.dropFirst().first, target.path.count) {
        case ("POST", "v1", "events", 2):
            let values = try target.values(allowed: ["atomic", "expect"])
            guard values["atomic"].map({ $0 == "false" || $0 == "true" }) ?? true else {
                throw RequestTarget.invalid("atomic", "is neither true nor false")
            }
            self = .append(expect: try Route.position("expect", values))
        case ("POST", "v1", "admin", 3):
            guard let route = Route.administration[target.path[2]] else { throw Route.nothing(method, target) }
            _ = try target.values(allowed: [])
            self = route
        case ("POST", "v1", "questions", 2):
            _ = try target.values(allowed: [])
            self = .question(asLines: accept?.contains("application/x-ndjson") ?? false)
        case ("GET", "v1", "events", 2): self = .events(try EventQuery(target, accept: accept, lastEventID: lastEventID))
        case ("GET", "v1", "events", 3):
            _ = try target.values(allowed: [])
            guard let position = Position(target.path[2]), position > 0 else {
                throw Problem(.notFound, "'\(target.path[2])' is not a position: positions are 1, 2, 3 …")
            }
            self = .event(position)
        case ("GET", "v1", "journeys", 3):
            let values = try target.values(allowed: ["at", "after"])
            let subject = target.path[2]
            self = .journey(
                subject: subject, at: try Route.moment("at", values), after: try Route.position("after", values))
        case ("GET", "v1", "funnel", 2):
            let (query, after) = try Route.viewQuery(target)
            self = .funnel(query, after: after)
        case ("GET", "v1", "friction", 2):
            let (query, after) = try Route.viewQuery(target)
            self = .friction(query, after: after)
        case ("GET", "v1", "status", 2):
            _ = try target.values(allowed: [])
            self = .status
        case ("GET", "healthz", nil, 1): self = .health
        case ("GET", "metrics", nil, 1):
            _ = try target.values(allowed: [])
            self = .metrics
        default: throw Route.nothing(method, target)
        }
    }

    /// The methods that a path takes, for the `Allow` header; nil where there is no such path.
    package static func methods(_ path: [String]) -> String? {
        switch (path.first, path.dropFirst().first, path.count) {
        case ("v1", "events", 2): "GET, POST"
        case ("v1", "admin", 3) where administration[path[2]] != nil: "POST"
        case ("v1", "questions", 2): "POST"
        case ("v1", "events", 3), ("v1", "journeys", 3), ("v1", "funnel", 2), ("v1", "friction", 2), ("v1", "status", 2),
            ("healthz", nil, 1), ("metrics", nil, 1):
            "GET"
        default: nil
        }
    }

    private static func nothing(_ method: String, _ target: RequestTarget) -> Problem {
        let path = "/" + target.path.joined(separator: "/")
        guard let methods = methods(target.path) else { return Problem(.notFound, "\(path) is not a path of this interface") }
        return Problem(.methodNotAllowed, "\(path) takes \(methods), not \(method)")
    }

    private static func viewQuery(_ target: RequestTarget) throws(Problem) -> (ViewQuery, after: Position?) {
        let values = try target.values(allowed: ["from", "to", "by", "scope", "at", "after"])
        var query = ViewQuery()
        query.scope.from = try moment("from", values)?.microseconds
        query.scope.to = try moment("to", values)?.microseconds
        query.at = try moment("at", values)
        switch values["scope"] {
        case nil, "revenue": break
        case "sales": query.scope.department = .sales
        default: throw RequestTarget.invalid("scope", "is neither revenue (all departments) nor sales")
        }
        if let by = values["by"] {
            guard by == "source" || by.hasPrefix("data.") && by.count > 5 && !by.contains("..") && !by.hasSuffix(".") else {
                throw RequestTarget.invalid("by", "is neither source nor a field of data such as data.region")
            }
            query.by = by
        }
        return (query, try position("after", values))
    }

    static func moment(_ name: String, _ values: [String: String]) throws(Problem) -> Timestamp? {
        guard let text = values[name] else { return nil }
        guard let moment = Timestamp(text) else {
            throw RequestTarget.invalid(name, "is not a date or date-time such as 2026-03-01 or 2026-03-01T09:30:00Z")
        }
        return moment
    }

    static func position(_ name: String, _ values: [String: String]) throws(Problem) -> Position? {
        guard let text = values[name] else { return nil }
        guard let position = Position(text) else { throw RequestTarget.invalid(name, "is not a position: 0, 1, 2 …") }
        return position
    }
}
