internal import ArgumentParser
internal import CommandLineTools
internal import JourneyModel

/// A funnel given by its steps.
struct StepOptions: ParsableArguments {
    /// Whether other events may come between.
    enum Order: String, ExpressibleByArgument, CaseIterable {
        case ordered, strict, any, unordered
    }

    @Option(help: ArgumentHelp("An event type, or several with commas, once for each step.", valueName: "type"))
    var step: [String] = []

    @Option(
        help: ArgumentHelp(
            "How long after the first step the last may come: 30d, 36h, 2w or ISO 8601. (default: no limit)", valueName: "span"))
    var window: String?

    @Option(help: "ordered: others may come between; strict: nothing else; any: in whatever order. (default: ordered)")
    var order: Order?

    @Option(help: "journeyd/1, clickhouse/26.9 or posthog. (default: journeyd/1)")
    var semantics: String?

    @Option(help: "As known at a position of the log, or at a moment.")
    var asOf: String?

    func validate() throws {
        if let window, SpanText.iso(window) == nil { throw ValidationError("--window is a span such as 30d, 36h, 2w or P30D") }
        if step.isEmpty, window != nil || order != nil || semantics != nil || asOf != nil {
            throw ValidationError("--window, --order, --semantics and --as-of go with --step")
        }
    }

    /// Writes the members of the definition.
    func write(to writer: inout JSONWriter) {
        writer.key("steps")
        writer.array { writer in
            for step in step {
                writer.object { writer in
                    writer.key("type")
                    let types = step.split(separator: ",").map(String.init)
                    if types.count == 1 { writer.string(types[0]) } else { writer.array { for type in types { $0.string(type) } } }
                }
            }
        }
        if let window { writer.member("window", SpanText.iso(window)) }
        if let order { writer.member("order", order.rawValue) }
        if let semantics { writer.member("semantics", semantics) }
    }
}
