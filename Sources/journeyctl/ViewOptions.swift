internal import ArgumentParser
internal import JourneyClient
internal import JourneyModel

/// Of which journeys and which moment a view is asked.
struct ViewOptions: ParsableArguments {
    /// Which stages are meant.
    enum Scope: String, ExpressibleByArgument, CaseIterable {
        /// Those of all departments.
        case revenue
        /// Those of sales alone.
        case sales
    }

    @Option(help: "Only journeys that began at this moment or later, an RFC 3339 date or date-time.")
    var from: String?

    @Option(help: "Only journeys that began before this moment.")
    var to: String?

    @Option(help: "Answer for each value of this field as well: source, or a path such as data.region.")
    var by: String?

    @Option(help: "Which stages: those of revenue, all departments, or of sales alone. (default: the daemon's)")
    var scope: Scope?

    @Option(help: "The moment to judge open journeys at. (default: now)")
    var at: String?

    @Option(help: "Wait until the view has seen this position. (default: all that is stored, where the view is live)")
    var after: UInt64?

    /// The items of the request's query.
    func query(_ client: JourneyClient) async throws -> KeyValuePairs<String, String?> {
        let seen = if let after { String(after) } else { try await client.awaited }
        return ["from": from, "to": to, "by": by, "scope": scope?.rawValue, "at": at, "after": seen]
    }
}

extension JourneyClient {
    /// The position to wait for: who has just imported something wants to see it. Nil where the views are far behind, as then it would be a long wait.
    var awaited: String? {
        get async throws {
            let body = try await request("GET", "/v1/status").body
            let status = try JSONValue(body.span)
            guard status["views"]?.elements?.first(where: { $0["name"]?.text == "funnel" })?["state"]?.text == "live",
                case .number(let position)? = status["position"]
            else { return nil }
            return position
        }
    }
}
