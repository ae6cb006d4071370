internal import CommandLineTools
internal import JourneyModel

/// The frictions, the most severe first.
struct FrictionAnswer: Answer {
    static let header =
        ["rank"] + placeColumns + ["segmentField", "segmentValue"] + valueColumns + ["money", "severity", "reason"] + stallColumns
    private static let placeColumns = ["measure", "from", "to", "stage", "side"]
    private static let valueColumns = ["n", "open", "p50", "p75", "p90", "oldestOpen", "benchmark", "breaches", "rate"]
    private static let stallColumns = ["serviceLevel", "stalled", "snoozed"]
    private static let barWidth = 10

    private let json: JSONValue
    private let frictions: ArraySlice<JSONValue>

    init(_ json: JSONValue, top: Int) {
        self.json = json
        frictions = (json["frictions"]?.elements ?? []).prefix(top)
    }

    var rows: [[String]] {
        frictions.enumerated().map { index, friction in
            let money = (friction["money"]?.elements ?? []).map { "\($0[orNull: "minor"].cell) \($0[orNull: "ccy"].cell)" }
            return [String(index + 1)] + friction.cells(FrictionAnswer.placeColumns)
                + friction[orNull: "segment"].cells(["field", "value"]) + friction.cells(FrictionAnswer.valueColumns)
                + [money.joined(separator: "; ")] + friction.cells(["severity", "reason"] + FrictionAnswer.stallColumns)
        }
    }

    var text: String {
        guard !frictions.isEmpty else { return "no friction found\n" + stand }
        let hasStalls = frictions.contains { $0["stalled"] != nil }
        let columns: [Table.Column] = [
            .init("#", .right), .init("severity"), .init("measure"), .init("where"), .init("n", .right), .init("open", .right),
            .init("p50", .right), .init("p90", .right), .init("money", .right),
        ]
        var table = Table(columns + (hasStalls ? [.init("stalled", .right), .init("snoozed", .right)] : []))
        for (index, friction) in frictions.enumerated() {
            let cells = [
                String(index + 1), FrictionAnswer.bar(friction), friction[orNull: "measure"].readable, FrictionPlace.text(friction),
                friction[orNull: "n"].count, friction[orNull: "open"].count, friction[orNull: "p50"].duration,
                friction[orNull: "p90"].duration, friction[orNull: "money"].money,
            ]
            table.append(cells + (hasStalls ? [friction[orNull: "stalled"].count, friction[orNull: "snoozed"].count] : []))
        }
        let lines = table.text.split(separator: "\n")
        let reasons = frictions.map { "     " + Style.faint($0[orNull: "reason"].readable) + "\n" }
        return Style.strong(String(lines[0])) + "\n" + zip(lines.dropFirst(), reasons).map { "\($0)\n\($1)" }.joined() + stand
    }

    private var stand: String {
        Style.faint("as of \(json[orNull: "at"].moment), position \(json[orNull: "position"].count)") + "\n"
    }

    /// Severity goes from 0 to 1.
    private static func bar(_ friction: JSONValue) -> String {
        let severity = min(max(friction["severity"]?.number ?? 0, 0), 1)
        let percent = Int((severity * 100).rounded())
        let digits = percent == 100 ? "1.00" : "0.\(percent / 10)\(percent % 10)"
        return digits + " " + Bar.text(percent, of: 100, width: barWidth)
    }
}
