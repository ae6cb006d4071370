internal import ArgumentParser

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

    @Option(help: "Wait until the view has seen this position, such as the last of an import.")
    var after: UInt64?

    /// The items of the request's query.
    var query: KeyValuePairs<String, String?> {
        ["from": from, "to": to, "by": by, "scope": scope?.rawValue, "at": at, "after": after.map { String($0) }]
    }
}
