package import EventLog
package import JourneyModel
package import Views

/// An error answer: RFC 9457 problem details with a stable `code` that programs act upon.
package struct Problem: Error, Sendable {
    /// The codes and the HTTP status that goes with each.
    package enum Code: String, CaseIterable, Sendable {
        case malformedJSON = "malformed-json"
        case invalidEvent = "invalid-event"
        case invalidParameter = "invalid-parameter"
        case malformedRequest = "malformed-request"
        case forbidden
        case notFound = "not-found"
        case methodNotAllowed = "method-not-allowed"
        case timeout
        case conflictingDuplicate = "conflicting-duplicate"
        case unexpectedPosition = "unexpected-position"
        case planChanged = "plan-changed"
        case limitReached = "limit-reached"
        case consumerExists = "consumer-exists"
        case consumerFollowed = "consumer-followed"
        case tooManyConsumers = "too-many-consumers"
        case positionAhead = "position-ahead"
        case invalidQuestion = "invalid-question"
        case tooLarge = "too-large"
        case unsupportedMediaType = "unsupported-media-type"
        case overloaded
        case headersTooLarge = "headers-too-large"
        case damaged
        case internalError = "internal-error"
        case readOnly = "read-only"
        case lagging
        case closing
        case logFull = "log-full"

        /// The HTTP status.
        package var status: Int {
            switch self {
            case .malformedJSON, .invalidEvent, .invalidParameter, .malformedRequest: 400
            case .forbidden: 403
            case .notFound: 404
            case .methodNotAllowed: 405
            case .timeout: 408
            case .conflictingDuplicate, .unexpectedPosition, .planChanged, .consumerExists, .consumerFollowed, .tooManyConsumers,
                .positionAhead, .limitReached:
                409
            case .invalidQuestion: 422
            case .tooLarge: 413
            case .unsupportedMediaType: 415
            case .overloaded: 429
            case .headersTooLarge: 431
            case .damaged, .internalError: 500
            case .readOnly, .lagging, .closing: 503
            case .logFull: 507
            }
        }

        var title: String {
            switch self {
            case .malformedJSON: "The text is not JSON"
            case .invalidEvent: "The event is not valid"
            case .invalidParameter: "A parameter is not valid"
            case .malformedRequest: "The request is not HTTP/1.1"
            case .forbidden: "This user may not do this"
            case .notFound: "There is nothing here"
            case .methodNotAllowed: "The method is not allowed here"
            case .timeout: "The request took too long to arrive"
            case .conflictingDuplicate: "Another event has this source and id"
            case .unexpectedPosition: "The subject has another last event"
            case .planChanged: "What was planned is not what would be done now"
            case .limitReached: "No more can be kept, or this cannot go"
            case .consumerExists: "The consumer is another one"
            case .consumerFollowed: "The consumer is followed already"
            case .tooManyConsumers: "There are too many consumers"
            case .positionAhead: "The log has not come so far"
            case .invalidQuestion: "The question cannot be asked so"
            case .tooLarge: "The event or request is too large"
            case .unsupportedMediaType: "The content type is not one that can be read here"
            case .overloaded: "Too much waits to be written"
            case .headersTooLarge: "The request line and headers are too large"
            case .damaged: "A stored event is damaged"
            case .internalError: "The daemon could not answer"
            case .readOnly: "The log takes no events any more"
            case .lagging: "The view has not come so far yet"
            case .closing: "The daemon is stopping"
            case .logFull: "The log is full"
            }
        }
    }

    package let code: Code
    /// What happened, where, and what to do.
    package let detail: String
    /// The faults of an event or request, each with its JSON pointer.
    package let errors: [Violation]
    /// Seconds after which the same request may succeed.
    package let retryAfter: Int?

    package init(_ code: Code, _ detail: String, errors: [Violation] = [], retryAfter: Int? = nil) {
        self.code = code
        self.detail = detail
        self.errors = errors
        self.retryAfter = retryAfter
    }

    /// The HTTP status.
    package var status: Int { code.status }

    /// The `application/problem+json` text.
    ///
    /// - Parameter request: the id of the request that it answers.
    package func json(request: String?) -> [UInt8] {
        var writer = JSONWriter()
        write(to: &writer, request: request)
        return writer.bytes
    }

    func write(to writer: inout JSONWriter, request: String?) {
        writer.object { writer in
            writer.member("type", "about:blank")
            writer.member("title", code.title)
            writer.member("status", status)
            writer.member("code", code.rawValue)
            writer.member("detail", detail)
            if let request { writer.member("request", request) }
            guard !errors.isEmpty else { return }
            writer.key("errors")
            writer.array { writer in
                for error in errors {
                    writer.object { writer in
                        writer.member("pointer", error.pointer)
                        writer.member("detail", error.detail)
                        writer.member("code", error.code)
                    }
                }
            }
        }
    }
}

extension Problem {
    /// What a fault of an event means for a request.
    package init(_ fault: EventFault) {
        switch fault {
        case .malformed: self.init(.malformedJSON, fault.detail)
        case .invalid(let violations): self.init(.invalidEvent, fault.detail, errors: violations)
        case .tooLarge(let detail): self.init(.tooLarge, detail)
        }
    }

    /// What a failed append means for a request.
    package init(_ failure: AppendFailure) {
        switch failure {
        case .conflict(let conflict):
            let detail = Problem.conflictDetail(conflict)
            let place = Violation(pointer: "/\(conflict.index)", detail: detail, code: "conflicting-duplicate")
            self.init(.conflictingDuplicate, detail + "; nothing of the request was stored", errors: [place])
        case .unexpected(let position):
            let last = position == 0 ? "the subject has no event" : "the last event of the subject is at position \(position)"
            self.init(.unexpectedPosition, "\(last); nothing was stored: read what is new and decide again")
        case .log(let error): self.init(error)
        }
    }

    /// A destructive call whose plan does not hold any more.
    static var planChanged: Problem {
        Problem(.planChanged, "the token is not that of what would be done now; ask for a plan without a token, and look at it again")
    }

    static func conflictDetail(_ conflict: Conflict) -> String {
        "the event stored at position \(conflict.position) has the same source and id and other content"
    }

    /// What a failure of the log means for a request.
    package init(_ error: LogError) {
        switch error {
        case .full: self.init(.logFull, "\(error); events can be read, and appended again when there is room", retryAfter: 60)
        case .readOnly: self.init(.readOnly, "\(error); see /v1/status, repair the device and start the daemon again")
        case .overloaded: self.init(.overloaded, "\(error); send the same events again", retryAfter: 1)
        case .damaged: self.init(.damaged, "\(error); restore the log from a backup")
        case .closed: self.init(.closing, "the daemon is stopping; send the same events again when it is back", retryAfter: 5)
        case .inUse, .unusable, .storage: self.init(.internalError, "\(error)")
        }
    }

    /// What a view's failure means for a request.
    package init(_ error: ViewError) {
        switch error {
        case .invalid(let parameter, let detail):
            self.init(.invalidParameter, "\(parameter) \(detail)", errors: [Violation(pointer: "/\(parameter)", detail: detail)])
        case .stopped(let position, let error): self.init(.damaged, "the view stopped at position \(position): \(error)")
        case .log(let error): self.init(error)
        case .unknown(let name):
            self.init(.notFound, "there is no view '\(name)'; GET /v1/views lists them, PUT /v1/views/NAME keeps a question as one")
        case .full(let detail): self.init(.limitReached, detail)
        case .question(let fault): self.init(fault)
        case .late(let seen): self.init(.lagging, "the view has seen position \(seen)", retryAfter: 1)
        }
    }
}
