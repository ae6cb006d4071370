package import JourneyModel
internal import Questions
package import Views

/// What a request asks for, with its parameters checked.
package enum Route: Sendable {
    /// Events to store; with the position that the subject's last event must have, if the sender expects one.
    case append(expect: Position?)
    case events(EventQuery)
    case event(Position)
    case journey(subject: String, at: Timestamp?, after: Position?)
    case funnel(ViewQuery, after: Position?)
    case friction(ViewQuery, after: Position?)
    /// A question about the journeys; whether its progress is asked for as well, in lines.
    case question(asLines: Bool)
    /// How all views are.
    case views
    case view(String, KeptViews.Query, after: Position?)
    /// Keeps the question in the body as a view.
    case putView(String)
    case deleteView(String, version: Int?)
    /// What the sources' events are like.
    case quality
    case consumers
    case consumer(String)
    case createConsumer(String)
    case deleteConsumer(String)
    case acknowledge(String)
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
    case status
    case openAPI
    case health
    case metrics

    /// The call that it is.
    package var endpoint: Endpoint {
        switch self {
        case .append: .append
        case .events: .events
        case .event: .event
        case .journey: .journey
        case .funnel: .funnel
        case .friction: .friction
        case .question: .question
        case .views: .views
        case .view: .view
        case .putView: .putView
        case .deleteView: .deleteView
        case .quality: .quality
        case .consumers: .consumers
        case .consumer: .consumer
        case .createConsumer: .createConsumer
        case .deleteConsumer: .deleteConsumer
        case .acknowledge: .acknowledge
        case .seal: .seal
        case .verify: .verify
        case .retain: .retain
        case .erase: .erase
        case .backup: .backup
        case .status: .status
        case .openAPI: .openAPI
        case .health: .health
        case .metrics: .metrics
        }
    }

    /// The position that the views must have seen before they answer.
    package var awaited: Position? {
        switch self {
        case .journey(_, _, let after), .funnel(_, let after), .friction(_, let after), .view(_, _, let after): after
        default: nil
        }
    }

    /// The kept view whose numbers must have seen that position; nil for the built-in ones.
    package var awaitedView: (name: String, version: Int?)? {
        guard case .view(let name, let query, _) = self, !KeptViews.builtIn.contains(name) else { return nil }
        return (name, query.version)
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
        let endpoints = Endpoint.all(at: target.path)
        guard let endpoint = endpoints.first(where: { $0.method == method }) else {
            let path = "/" + target.path.joined(separator: "/")
            guard let methods = Endpoint.methods(target.path) else {
                throw Problem(.notFound, "\(path) is not a path of this interface")
            }
            throw Problem(.methodNotAllowed, "\(path) takes \(methods), not \(method)")
        }
        let values = try target.values(allowed: endpoint.parameters)
        switch endpoint {
        case .append: self = try Route.append(values)
        case .events: self = .events(try EventQuery(values, accept: accept, lastEventID: lastEventID))
        case .event: self = try Route.event(target.path[2])
        case .journey:
            self = .journey(subject: target.path[2], at: try Route.moment("at", values), after: try Route.position("after", values))
        case .funnel: self = .funnel(try Route.viewQuery(values), after: try Route.position("after", values))
        case .friction: self = .friction(try Route.viewQuery(values), after: try Route.position("after", values))
        case .question: self = .question(asLines: accept?.contains("application/x-ndjson") ?? false)
        case .views: self = .views
        case .view: self = .view(target.path[2], try Route.keptQuery(values), after: try Route.position("after", values))
        case .putView: self = .putView(target.path[2])
        case .deleteView: self = .deleteView(target.path[2], version: try Route.version(values))
        case .quality: self = .quality
        case .consumers: self = .consumers
        case .consumer: self = .consumer(try Route.consumerName(target.path[2]))
        case .createConsumer: self = .createConsumer(try Route.consumerName(target.path[2]))
        case .deleteConsumer: self = .deleteConsumer(try Route.consumerName(target.path[2]))
        case .acknowledge: self = .acknowledge(try Route.consumerName(target.path[2]))
        case .seal: self = .seal
        case .verify: self = .verify
        case .retain: self = .retain
        case .erase: self = .erase
        case .backup: self = .backup
        case .status: self = .status
        case .openAPI: self = .openAPI
        case .health: self = .health
        case .metrics: self = .metrics
        }
    }
}
