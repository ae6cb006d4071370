internal import CommandLineTools
internal import JourneyModel

/// Why a journey came out of a funnel as it did.
struct ExplanationAnswer: Answer {
    static let header = ["try", "level", "ended", "position", "reason"]

    private let json: JSONValue

    init(_ json: JSONValue) {
        self.json = json
    }

    private var explanation: JSONValue { json[orNull: "explain"] }

    var rows: [[String]] {
        (explanation["tries"]?.elements ?? []).enumerated().map { [String($0 + 1)] + $1.cells(["level", "ended", "position", "reason"]) }
    }

    var text: String {
        let steps = json["steps"]?.elements?.count
        let level = explanation[orNull: "level"].count + (steps.map { " of \($0)" } ?? "")
        let heading = Style.strong("\(explanation[orNull: "journey"].readable) reached step \(level)") + "\n"
        return [heading + matches, tries, changes, stand].filter { !$0.isEmpty }.joined(separator: "\n")
    }

    private var matches: String {
        var table = Table([.init("position", .right), .init("time"), .init("type"), .init("step", .right)])
        for match in explanation["matches"]?.elements ?? [] {
            let steps = (match["steps"]?.elements ?? []).map(\.cell).joined(separator: ", ")
            let isExclusion = match["excludes"] == .bool(true)
            table.append([
                match[orNull: "position"].readable, match[orNull: "time"].moment, match[orNull: "type"].readable,
                isExclusion ? (steps.isEmpty ? "excludes" : steps + ", excludes") : steps,
            ])
        }
        return table.styled
    }

    private var tries: String {
        (explanation["tries"]?.elements ?? []).enumerated().map { number, attempt in
            let reason = attempt["reason"].map { ": " + $0.readable } ?? ""
            return "try \(number + 1): step \(attempt[orNull: "level"].count), \(attempt[orNull: "ended"].readable)\(reason)\n"
        }.joined()
    }

    private var changes: String {
        let changes = explanation["changes"]?.elements ?? []
        guard !changes.isEmpty else { return "" }
        return "it would have converted with\n"
            + changes.map { "  \($0[orNull: "rule"].readable): \($0[orNull: "reason"].readable)\n" }.joined()
    }

    private var stand: String {
        Style.faint("as of \(json[orNull: "at"].moment), position \(json[orNull: "position"].count), \(json[orNull: "semantics"].readable)")
            + "\n"
    }
}

/// An answer of no form of its own: its members.
struct MembersAnswer: Answer {
    static let header = ["member", "value"]

    private let json: JSONValue

    init(_ json: JSONValue) {
        self.json = json
    }

    var rows: [[String]] { (json.members ?? []).map { [$0.name, $0.value.cell] } }

    var text: String {
        var table = Table([.init(""), .init("")])
        for member in json.members ?? [] { table.append([TerminalText.escaped(member.name), member.value.readable]) }
        return table.text
    }
}
