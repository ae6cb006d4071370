/// The calls of the interface: each a method and a path, with the parameters that it takes.
///
/// `schemas/openapi.json` describes the same calls; a test walks both.
package enum Endpoint: String, CaseIterable, Sendable {
    case append
    case events
    case event
    case journey
    case funnel
    case friction
    case question
    case views
    case view
    case putView = "put-view"
    case deleteView = "delete-view"
    case quality
    case consumers
    case consumer
    case createConsumer = "create-consumer"
    case deleteConsumer = "delete-consumer"
    case acknowledge
    case seal
    case verify
    case retain
    case erase
    case backup
    case status
    case openAPI = "openapi"
    case health
    case metrics

    /// What metrics and log lines call it.
    package var name: String { rawValue }

    /// The HTTP method.
    package var method: String {
        switch self {
        case .append, .question, .acknowledge, .seal, .verify, .retain, .erase, .backup: "POST"
        case .createConsumer, .putView: "PUT"
        case .deleteConsumer, .deleteView: "DELETE"
        case .events, .event, .journey, .funnel, .friction, .views, .view, .quality, .consumers, .consumer, .status, .openAPI, .health,
            .metrics:
            "GET"
        }
    }

    /// The path, with parameters in braces, as OpenAPI writes it.
    package var path: String {
        switch self {
        case .append, .events: "/v1/events"
        case .event: "/v1/events/{position}"
        case .journey: "/v1/journeys/{subject}"
        case .funnel: "/v1/funnel"
        case .friction: "/v1/friction"
        case .question: "/v1/questions"
        case .views: "/v1/views"
        case .view, .putView, .deleteView: "/v1/views/{name}"
        case .quality: "/v1/quality"
        case .consumers: "/v1/consumers"
        case .consumer, .createConsumer, .deleteConsumer: "/v1/consumers/{name}"
        case .acknowledge: "/v1/consumers/{name}/ack"
        case .seal: "/v1/admin/seal"
        case .verify: "/v1/admin/verify"
        case .retain: "/v1/admin/retain"
        case .erase: "/v1/admin/erase"
        case .backup: "/v1/admin/backup"
        case .status: "/v1/status"
        case .openAPI: "/v1/openapi.json"
        case .health: "/healthz"
        case .metrics: "/metrics"
        }
    }

    /// The parameters that may stand behind the path; any other is refused.
    package var parameters: [String] {
        switch self {
        case .append: ["atomic", "expect"]
        case .events: ["after", "limit", "type", "source", "subject", "journey", "follow", "consumer"]
        case .journey: ["at", "after"]
        case .funnel, .friction: ["from", "to", "by", "scope", "at", "after"]
        case .view: ["version", "at", "asOf", "explain", "list", "after"]
        case .deleteView: ["version"]
        case .event, .question, .views, .putView, .quality, .consumers, .consumer, .createConsumer, .deleteConsumer, .acknowledge, .seal,
            .verify, .retain,
            .erase, .backup, .status, .openAPI, .health, .metrics:
            []
        }
    }

    /// The headers beside those of HTTP itself that are read.
    package var headers: [String] {
        switch self {
        case .events: ["X-Request-Id", "Last-Event-ID"]
        default: ["X-Request-Id"]
        }
    }

    /// How many bytes of body the request may have; nil where the body is of no interest, or, for ``append``, depends on its format.
    package var bodyLimit: Int? {
        switch self {
        case .retain, .erase, .createConsumer, .acknowledge: 64 << 10
        // The digests of some 40,000 epochs.
        case .backup: 4 << 20
        // More than a question may have, so that one that is too long is told what is wrong with it.
        case .question, .putView: 2 << 20
        default: nil
        }
    }

    /// Whether it may take minutes, and must not keep a thread from questions.
    package var isLong: Bool {
        switch self {
        case .verify, .retain, .seal, .erase, .backup, .quality: true
        default: false
        }
    }
}

extension Endpoint {
    // Split once: each request is compared with all of them.
    private static let patterns = allCases.map { ($0, $0.path.split(separator: "/").map(String.init)) }

    /// The endpoints that have this path, whatever their method.
    static func all(at path: [String]) -> [Endpoint] {
        patterns.filter { _, pattern in
            pattern.count == path.count && zip(pattern, path).allSatisfy { $0 == $1 || $0.hasPrefix("{") }
        }.map(\.0)
    }

    /// The methods that a path takes, for the `Allow` header; nil where there is no such path.
    package static func methods(_ path: [String]) -> String? {
        let endpoints = all(at: path)
        return endpoints.isEmpty ? nil : endpoints.map(\.method).sorted().joined(separator: ", ")
    }
}
