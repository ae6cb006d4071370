package import JourneyModel
internal import NIOHTTP1

/// A refusal of the daemon, as RFC 9457 `application/problem+json`.
public struct ProblemDetails: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong with one place of the request.
    public struct Fault: Equatable, Sendable {
        /// The place, as a JSON Pointer into the request's body.
        public let pointer: String
        /// What is wrong there.
        public let detail: String
    }

    /// The HTTP status.
    public let status: Int
    /// The stable code to act upon, such as `invalid-event`; empty where the answer has none.
    public let code: String
    /// What is wrong in general.
    public let title: String
    /// What is wrong this time.
    public let detail: String?
    /// What is wrong with the request's body, place by place.
    public let errors: [Fault]
    /// After how many seconds it may be tried again, where the daemon says so.
    public let retryAfter: Int?

    /// Reads a problem that stands inside another answer. `status` is used where it does not tell its own.
    package init(_ json: JSONValue, status: Int, retryAfter: Int? = nil) {
        self.retryAfter = retryAfter
        self.status = json["status"]?.integer ?? status
        code = json["code"]?.text ?? ""
        title = json["title"]?.text ?? HTTPResponseStatus(statusCode: self.status).reasonPhrase
        detail = json["detail"]?.text
        errors = (json["errors"]?.elements ?? []).map { fault in
            Fault(pointer: fault["pointer"]?.text ?? "", detail: fault["detail"]?.text ?? "")
        }
    }

    /// Reads the body of an answer, which may be anything where something other than the daemon answers.
    init(status: Int, body: [UInt8], retryAfter: Int? = nil) {
        self.init((try? JSONValue(body.span)) ?? .null, status: status, retryAfter: retryAfter)
    }

    /// The problem on one line, and one more for each fault that its detail does not tell already.
    public var description: String {
        let errors = errors.filter { !(detail ?? "").contains($0.detail) }
        let summary = [title, detail].compactMap(\.self).joined(separator: ": ")
        let reference = code.isEmpty ? "\(status)" : "\(code), \(status)"
        return errors.reduce("\(summary) (\(reference))") { text, fault in
            text + "\n  \(fault.pointer.isEmpty ? "/" : fault.pointer): \(fault.detail)"
        }
    }
}
