internal import ArgumentParser
internal import CommandLineTools
internal import JourneyClient
internal import JourneyModel

/// Tells one journey.
struct JourneyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "journey", abstract: "Tell a journey: who belongs to it, where it stands, what it waits for, and all that happened.",
        discussion: """
            With --output csv, its events.

              journeyctl journey lead:42
              journeyctl journey account:acme --output csv
            """)

    @OptionGroup var options: CommonOptions

    @Argument(help: "Any subject of the journey, such as account:acme.")
    var subject: String

    func run() async throws {
        let client = options.client
        let response = try await client.request(
            "GET", "/v1/journeys/" + PercentEncoding.encode(subject), query: ["after": try await client.awaited])
        try options.show(response.body, as: JourneyAnswer.init)
    }
}

/// A journey.
private struct JourneyAnswer: Answer {
    static let header = EventRow.header
    private let json: JSONValue

    init(_ json: JSONValue) {
        self.json = json
    }

    var rows: [[String]] { elements("events").map { EventRow($0).cells } }

    var text: String {
        [summary, dwell, waits, contradictions, EventRow.table(elements("events"))].filter { !$0.isEmpty }.joined(separator: "\n")
    }

    private func elements(_ name: String) -> [JSONValue] { json[name]?.elements ?? [] }

    private var summary: String {
        var facts = Table([.init(""), .init("")])
        facts.append(["journey", json[orNull: "journey"].readable])
        facts.append(["subjects", elements("subjects").map(\.readable).joined(separator: ", ")])
        let department = json[orNull: "department"]
        facts.append(["stage", json[orNull: "stage"].readable + (department == .null ? "" : ", \(department.readable)")])
        facts.append(["since", json[orNull: "since"].moment])
        facts.append(["as of", "\(json[orNull: "at"].moment), position \(json[orNull: "position"].count)"])
        return facts.text
    }

    private var dwell: String {
        guard !elements("dwell").isEmpty else { return "" }
        var table = Table([.init("stage"), .init("department"), .init("entered"), .init("left"), .init("stayed", .right)])
        for stay in elements("dwell") {
            table.append([
                stay[orNull: "stage"].readable, stay[orNull: "department"].readable, stay[orNull: "entered"].moment,
                stay[orNull: "left"].moment, stay[orNull: "seconds"].duration,
            ])
        }
        return table.styled
    }

    private var waits: String {
        guard !elements("openWaits").isEmpty else { return "" }
        let hasStalls = elements("openWaits").contains { $0["stalled"] == .bool(true) || $0["snoozed"] != nil }
        let columns: [Table.Column] = [.init("waits for"), .init("between"), .init("stage"), .init("since"), .init("for", .right)]
        var table = Table(columns + (hasStalls ? [.init("stall")] : []))
        for wait in elements("openWaits") {
            table.append(
                [
                    wait[orNull: "measure"].readable, FrictionPlace.departments(wait), wait[orNull: "stage"].readable,
                    wait[orNull: "since"].moment, wait[orNull: "seconds"].duration,
                ] + (hasStalls ? [JourneyAnswer.stall(wait)] : []))
        }
        return table.styled
    }

    private static func stall(_ wait: JSONValue) -> String {
        guard let snoozed = wait["snoozed"] else { return wait["stalled"] == .bool(true) ? "stalled" : "" }
        return "snoozed until \(snoozed[orNull: "until"].moment): \(snoozed[orNull: "reason"].readable)"
    }

    private var contradictions: String {
        elements("contradictions").map { contradiction in
            let positions = (contradiction["positions"]?.elements ?? []).map(\.readable).joined(separator: ", ")
            return "contradiction: \(contradiction[orNull: "reason"].readable) (positions \(positions))\n"
        }.joined()
    }
}
