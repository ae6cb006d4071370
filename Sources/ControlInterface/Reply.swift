/// An answer that is ready as a whole.
package struct Reply: Sendable {
    package let status: Int
    package let contentType: String
    package let body: [UInt8]
    /// The problem that it tells, if it tells one.
    package let problem: Problem?
    /// Headers beside the content's own.
    package let headers: [(name: String, value: String)]

    package init(status: Int = 200, json body: [UInt8]) {
        self.init(status, "application/json", body)
    }

    package init(ndjson body: [UInt8]) {
        self.init(200, "application/x-ndjson", body)
    }

    init(text: String, contentType: String) {
        self.init(200, contentType, Array(text.utf8))
    }

    private init(_ status: Int, _ contentType: String, _ body: [UInt8]) {
        (self.status, self.contentType, self.body) = (status, contentType, body)
        (problem, headers) = (nil, [])
    }

    /// An answer that tells a problem.
    ///
    /// - Parameters:
    ///   - request: the id of the request that it answers.
    ///   - allow: the methods that would be allowed.
    package init(_ problem: Problem, request: String? = nil, allow: String? = nil) {
        status = problem.status
        contentType = "application/problem+json"
        body = problem.json(request: request)
        self.problem = problem
        var headers: [(name: String, value: String)] = []
        if let seconds = problem.retryAfter { headers.append(("Retry-After", String(seconds))) }
        if let allow { headers.append(("Allow", allow)) }
        self.headers = headers
    }

    /// The same answer as that to the request of this id, which a problem tells.
    package func answering(_ request: String) -> Reply {
        guard let problem else { return self }
        return Reply(problem, request: request, allow: headers.first { $0.name == "Allow" }?.value)
    }
}
