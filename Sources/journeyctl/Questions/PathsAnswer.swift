internal import CommandLineTools
internal import JourneyModel

/// Which way journeys go: edges, activities, variants, departments.
struct PathsAnswer: Answer {
    static let header = edgeColumns + timeColumns
    private static let edgeColumns = ["from", "to", "count", "journeys"]
    private static let timeColumns = ["median", "mean", "p90", "min", "max"]
    private static let shownEdges = 20
    private static let barWidth = 16

    private let json: JSONValue

    init(_ json: JSONValue) {
        self.json = json
    }

    private func elements(_ name: String) -> [JSONValue] { json[name]?.elements ?? [] }

    var rows: [[String]] {
        elements("edges").map { $0.cells(PathsAnswer.edgeColumns) + $0[orNull: "waiting"].cells(PathsAnswer.timeColumns) }
    }

    var text: String {
        let stand =
            "as of \(json[orNull: "at"].moment), position \(json[orNull: "position"].count); \(json[orNull: "journeys"].count) journeys, "
            + "\(json[orNull: "events"].count) events"
        return [edges, activities, variants, pingPong, around, Style.faint(stand) + "\n"].filter { !$0.isEmpty }.joined(separator: "\n")
    }

    private var edges: String {
        var table = Table([
            .init("from"), .init("to"), .init("times", .right), .init(""), .init("journeys", .right), .init("median", .right),
            .init("mean", .right), .init("p90", .right),
        ])
        let most = elements("edges").first?["count"]?.integer ?? 0
        for edge in elements("edges").prefix(PathsAnswer.shownEdges) {
            let waiting = edge[orNull: "waiting"]
            table.append([
                edge[orNull: "from"].readable, edge[orNull: "to"].readable, edge[orNull: "count"].count,
                Bar.text(edge["count"]?.integer ?? 0, of: most, width: PathsAnswer.barWidth), edge[orNull: "journeys"].count,
                waiting[orNull: "median"].duration, waiting[orNull: "mean"].duration, waiting[orNull: "p90"].duration,
            ])
        }
        return table.styled + more(PathsAnswer.shownEdges, "edges")
    }

    private var activities: String {
        var table = Table([
            .init("activity"), .init("times", .right), .init("journeys", .right), .init("begin", .right), .init("end", .right),
            .init("again at once, same · other", .right), .init("again later, same · other", .right),
        ])
        for activity in elements("activities").prefix(PathsAnswer.shownEdges) {
            let rework = activity[orNull: "rework"]
            table.append([
                activity[orNull: "activity"].readable, activity[orNull: "count"].count, activity[orNull: "journeys"].count,
                activity[orNull: "starts"].count, activity[orNull: "ends"].count, PathsAnswer.split(rework[orNull: "selfLoop"]),
                PathsAnswer.split(rework[orNull: "repetition"]),
            ])
        }
        return table.styled
    }

    /// Where the actor is not known, only how many there are.
    private static func split(_ split: JSONValue) -> String {
        let (same, other, unknown) = (split["same"]?.integer ?? 0, split["other"]?.integer ?? 0, split["unknown"]?.integer ?? 0)
        return same + other == 0 ? (unknown == 0 ? "" : unknown.grouped) : "\(same.grouped) · \(other.grouped)"
    }

    private var variants: String { PathsAnswer.table(elements("variants"), "variant") + more(elements("variants").count, "variants") }

    private static func table(_ variants: [JSONValue], _ title: String) -> String {
        guard !variants.isEmpty else { return "" }
        var table = Table([.init("journeys", .right), .init("share", .right), .init(""), .init(title)])
        for variant in variants {
            let share = variant["share"]?.number ?? 0
            table.append([
                variant[orNull: "count"].count, ReadablePercent.text(share), Bar.text(Int(share * 1000), of: 1000, width: barWidth),
                (variant["activities"]?.elements ?? []).map(\.readable).joined(separator: " → "),
            ])
        }
        return table.styled
    }

    private var pingPong: String {
        let pairs = json["pingPong"]?["pairs"]?.elements ?? []
        guard !pairs.isEmpty else { return "" }
        var table = Table([.init("back and forth between"), .init("journeys", .right), .init("bounces", .right)])
        for pair in pairs {
            let names = (pair["departments"]?.elements ?? []).map(\.readable).joined(separator: " ⇄ ")
            table.append([names, pair[orNull: "journeys"].count, pair[orNull: "bounces"].count])
        }
        return table.styled
    }

    private var around: String {
        guard let around = json["around"], around != .null else { return "" }
        let activity = around[orNull: "activity"].readable
        let goal = around["without"].flatMap { $0 == .null ? nil : " and did not come to \($0.readable)" } ?? ""
        let heading = "\(around[orNull: "journeys"].count) of \(around[orNull: "reached"].count) journeys came to \(activity)\(goal)\n"
        return heading + ["before", "after"].map { PathsAnswer.table(around[$0]?["paths"]?.elements ?? [], "\($0) \(activity)") }.joined()
    }

    private func more(_ shown: Int, _ name: String) -> String {
        let total = json["totals"]?[name]?.integer ?? 0
        return total > shown ? Style.faint("… \((total - shown).grouped) more") + "\n" : ""
    }
}
