/// An answer that is ready as a whole.
package struct Reply: Sendable {
    package let status: Int
    package let contentType: String
    package let body: [UInt8]
    /// Headers beside the content's own.
    package let headers: [(name: String, value: String)]

    package init(status: Int = 200, json body: [UInt8]) {
        self.status = status
        contentType = "application/json"
        self.body = body
        headers = []
    }

    package init(ndjson body: [UInt8]) {
        status = 200
        contentType = "application/x-ndjson"
        self.body = body
        headers = []
    }

    package init(_ problem: Problem, allow: String? = nil) {
        status = problem.status
        contentType = "application/problem+json"
        body = problem.json
        var headers: [(name: String, value: String)] = []
        if let seconds = problem.retryAfter { headers.append(("Retry-After", String(seconds))) }
        if let allow { headers.append(("Allow", allow)) }
        self.headers = headers
    }
}
