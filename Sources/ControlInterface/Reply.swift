/// An answer that is ready as a whole.
package struct Reply: Sendable {
    package let status: Int
    package let contentType: String
    package let body: [UInt8]
    /// The code of the problem that it tells, if it tells one.
    package private(set) var code: String?
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

    init(text: String, contentType: String) {
        status = 200
        self.contentType = contentType
        body = Array(text.utf8)
        headers = []
    }

    package init(_ problem: Problem, allow: String? = nil) {
        status = problem.status
        contentType = "application/problem+json"
        body = problem.json
        code = problem.code.rawValue
        var headers: [(name: String, value: String)] = []
        if let seconds = problem.retryAfter { headers.append(("Retry-After", String(seconds))) }
        if let allow { headers.append(("Allow", allow)) }
        self.headers = headers
    }
}
