import FoundationEssentials
import JourneyModel
import TestSupport
import Testing

/// A real log of support tickets. What is expected was computed once with pm4py 2.7.23 (`discover_dfg`, `discover_performance_dfg` with all
/// aggregations, `get_variants`, `get_rework_cases_per_activity`) and compared for every edge; the totals and some edges are kept here.
@Suite struct HelpdeskTests {
    private static let path = QuestionHouse.shared("helpdesk.csv")
    static let question =
        #"{"paths": {"activity": "data.activity", "actor": "data.resource", "limits": {"edges": 1000, "nodes": 100, "variants": 1000}}}"#

    @Test(.enabled(if: path != nil, "the tickets are not here: ../shared/data/helpdesk.csv"))
    func equalsWhatProcessMiningFinds() async throws {
        let house = try QuestionHouse()
        let text = try String(contentsOfFile: try #require(Self.path), encoding: .utf8)
        var events: [String] = []
        for (number, line) in text.split(whereSeparator: \.isNewline).enumerated().dropFirst() {
            let cells = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            events.append(
                eventJSON(
                    "\(number)", type: "desk.ticket.worked", subject: "ticket:\(cells[0])", time: cells[2].replacing(" ", with: "T"),
                    data: #"{"activity":"\#(cells[1])","resource":"\#(cells[3])"}"#))
        }
        try await house.append(events)
        let answer = try house.ask(Self.question)
        #expect(answer["journeys"]?.integer == 4580 && answer["events"]?.integer == 21_348)
        #expect(answer["totals"]?["edges"]?.integer == 55 && answer["totals"]?["variants"]?.integer == 226)
        let edges = try #require(answer["edges"]?.elements)
        #expect(edges.reduce(0) { $0 + ($1["count"]?.integer ?? 0) } == 16_768)
        let known = [
            ("Resolve ticket", "Closed", 4558, 2_538_109.277095, 2_592_116.0),
            ("Assign seriousness", "Take in charge ticket", 4160, 323_078.461538, 21_926.5),
            ("Take in charge ticket", "Wait", 1265, 289_725.425296, 74_555), ("Wait", "Resolve ticket", 773, 997_295.177231, 780_301),
        ]
        for (from, to, count, mean, median) in known {
            let edge = try #require(edges.first { $0["from"]?.text == from && $0["to"]?.text == to })
            #expect(edge["count"]?.integer == count, "\(from) → \(to)")
            let found = try #require(edge["waiting"]?["mean"]?.double)
            #expect(abs(found - mean) < 0.000_002 && edge["waiting"]?["median"]?.double == median, "\(from) → \(to) \(found)")
        }
        let activities = try #require(answer["activities"]?.elements)
        func figure(_ activity: String, _ name: String) -> Int? { activities.first { $0["activity"]?.text == activity }?[name]?.integer }
        #expect(figure("Assign seriousness", "starts") == 4384 && figure("Insert ticket", "starts") == 118)
        #expect(figure("Closed", "ends") == 4557 && figure("Resolve ticket", "ends") == 10)
        let rework = activities.compactMap { activity in
            activity["rework"]?["journeys"]?.integer.flatMap { $0 > 0 ? "\(activity["activity"]?.text ?? "") \($0)" : nil }
        }
        #expect(
            rework.sorted() == [
                "Assign seriousness 394", "Closed 15", "Create SW anomaly 8", "Require upgrade 15", "Resolve SW anomaly 5",
                "Resolve ticket 386", "Take in charge ticket 623", "Wait 194",
            ])
        let first = try #require(answer["variants"]?.elements?.first)
        #expect(first["count"]?.integer == 2366)
        #expect(
            first["activities"]?.elements?.compactMap(\.text) == [
                "Assign seriousness", "Take in charge ticket", "Resolve ticket", "Closed",
            ])
    }
}

extension JSONValue {
    /// A number.
    var double: Double? {
        if case .number(let text) = self { Double(text) } else { nil }
    }
}
