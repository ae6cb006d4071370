internal import ArgumentParser
internal import JourneyModel

/// Prints journeys in a format that other programs read.
struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Print journeys for other programs: as XES, OCEL 2.0, CSV or NDJSON.",
        discussion: "  journeyctl export --format xes --activity data.activity > log.xes")

    /// What is written.
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case xes, ocel, csv, ndjson
    }

    @OptionGroup var options: CommonOptions

    @Option(help: "xes and ocel are for process mining, csv has a row an event, ndjson a line an event.")
    var format = Format.ndjson

    @Option(help: "What an activity is: type, or a field such as data.activity. (default: type)")
    var activity: String?

    @Option(help: "The field that says who did it, such as data.resource.")
    var resource: String?

    @Option(help: ArgumentHelp("Only journeys with an event of this type.", valueName: "type"))
    var type: String?

    @Option(help: "As known at a position of the log, or at a moment.")
    var asOf: String?

    @Argument(help: "Only the journeys of these subjects, such as lead:42. (default: all)")
    var subjects: [String] = []

    func run() async throws {
        let question = AskedQuestion("export", asOf: asOf) { writer in
            writer.member("format", format.rawValue)
            if let activity { writer.member("activity", activity) }
            if let resource { writer.member("resource", resource) }
            if let type {
                writer.key("where")
                writer.object { $0.member("type", type) }
            }
            if !subjects.isEmpty {
                writer.key("journeys")
                writer.array { writer in for subject in subjects { writer.string(subject) } }
            }
        }
        try await question.stream(options.client)
    }
}
