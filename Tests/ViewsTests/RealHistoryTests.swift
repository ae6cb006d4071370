import EventLog
import FoundationEssentials
import JourneyModel
import TestSupport
import Testing
import Views

/// Live, replayed and shuffled are one on data of real companies as well.
@Suite(.serialized) struct RealHistoryTests {
    /// `../shared/data` beside the project.
    private static let data = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "shared/data").path
    private static let isHere = FileManager.default.fileExists(atPath: data + "/helpdesk.csv")

    private static func rows(_ file: String) throws -> [[String]] {
        // None of these files quotes a field.
        try String(contentsOfFile: "\(data)/\(file)", encoding: .utf8).split(whereSeparator: \.isNewline).dropFirst().map { line in
            line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
    }

    private typealias Told = (id: String, type: String, subject: String, time: String, data: String, account: String?)

    private static func event(
        _ id: String, _ type: String, _ subject: String, _ time: String, _ data: String, account: String? = nil
    ) -> Told {
        (id, type, subject, time, data, account)
    }

    /// A marketplace's leads and deals.
    private static func olist() throws -> [Told] {
        let leads = try rows("olist-marketing-funnel/olist_marketing_qualified_leads_dataset.csv").map { row in
            event("q\(row[0])", "marketing.lead.qualified", "lead:\(row[0])", row[1], #"{"lead_id":"\#(row[0])","origin":"\#(row[3])"}"#)
        }
        let deals = try rows("olist-marketing-funnel/olist_closed_deals_dataset.csv").map { row in
            let data = #"{"opp_id":"\#(row[0])","segment":"\#(row[5])","money":{"minor":100,"ccy":"BRL"}}"#
            return event("w\(row[0])", "sales.opportunity.won", "lead:\(row[0])", String(row[4].prefix(10)), data)
        }
        return leads + deals
    }

    /// A computer company's opportunities, each linked to its account.
    private static func opportunities() throws -> [Told] {
        try rows("crm-sales-opportunities/sales_pipeline.csv").flatMap { row -> [Told] in
            let (id, stage) = (row[0], row[4])
            let account = row[3].isEmpty ? nil : "account:\(row[3].replacing(" ", with: "-"))"
            var events: [Told] = []
            if !row[5].isEmpty {
                let data = #"{"opp_id":"\#(id)","type":"new","pipeline":"p","stage":"s","product":"\#(row[2])"}"#
                events.append(event("c\(id)", "sales.opportunity.created", "opportunity:\(id)", row[5], data, account: account))
            }
            guard !row[6].isEmpty else { return events }
            let won = #"{"opp_id":"\#(id)","money":{"minor":\#((Int(row[7]) ?? 0) * 100),"ccy":"USD"}}"#
            let type = stage == "Won" ? "sales.opportunity.won" : "sales.opportunity.lost"
            return events + [
                event("e\(id)", type, "opportunity:\(id)", row[6], stage == "Won" ? won : #"{"reason":"unknown"}"#, account: account)
            ]
        }
    }

    /// A help desk's tickets.
    private static func tickets() throws -> [Told] {
        try rows("helpdesk.csv").enumerated().map { (number, row) in
            let type =
                switch row[1] {
                case "Assign seriousness", "Insert ticket": "support.ticket.created"
                case "Resolve ticket": "support.ticket.solved"
                case "Closed": "support.ticket.closed"
                default: "desk.ticket.worked"
                }
            let data = #"{"ticket_id":"\#(row[0])","group":"support","activity":"\#(row[1])"}"#
            return event("\(number)", type, "ticket:\(row[0])", row[2].replacing(" ", with: "T"), data)
        }
    }

    /// The events with a microsecond more for each: of two at one moment the one that came first counts first, which is not what is tried here.
    private static func apart(_ events: [Told]) -> [String] {
        events.enumerated().compactMap { (number, event) in
            guard let time = Timestamp(event.time) else { return nil }
            let moment = Timestamp(microseconds: time.microseconds + Int64(number)).text
            return eventJSON(event.id, type: event.type, subject: event.subject, account: event.account, time: moment, data: event.data)
        }
    }

    private static let kept: [(name: String, text: String)] = [
        (
            "won",
            #"{"funnel":{"steps":[{"type":["marketing.lead.qualified","sales.opportunity.created"]},{"type":"sales.opportunity.won"}],"window":"P60D","breakdown":{"field":"data.origin"},"trend":"month"}}"#
        ),
        (
            "solved",
            #"{"funnel":{"steps":[{"type":"support.ticket.created"},{"type":"support.ticket.solved"},{"type":"support.ticket.closed"}],"window":"P30D","count":"attempts"}}"#
        ),
        (
            "opportunities",
            #"{"funnel":{"steps":[{"type":"sales.opportunity.created"},{"type":["sales.opportunity.won","sales.opportunity.lost"]}],"count":"opportunity","breakdown":{"field":"data.product"}}}"#
        ),
    ]

    @Test(.enabled(if: isHere, "the data of real companies are not here: ../shared/data"), arguments: 0..<3)
    func theAnswersDoNotDependOnTheArrival(company: Int) async throws {
        let events = try Self.apart([Self.olist, Self.opportunities, Self.tickets][company]())
        let inOrder = try await Self.answers(batches: [events], restartAfter: nil)
        var random = Seeded(seed: UInt64(company))
        var late = events + (0..<events.count / 10).map { _ in events[Int.random(in: 0..<events.count, using: &random)] }
        late.shuffle(using: &random)
        var batches: [[String]] = []
        while !late.isEmpty {
            let count = min(late.count, Int.random(in: 1...2_000, using: &random))
            batches.append(Array(late.prefix(count)))
            late.removeFirst(count)
        }
        let shuffled = try await Self.answers(batches: batches, restartAfter: batches.count / 2)
        for (one, other) in zip(inOrder, shuffled) { #expect(one == other) }
        #expect(inOrder.contains { $0.contains(#""n":"#) }, "something is counted")
    }

    private static func answers(batches: [[String]], restartAfter: Int?) async throws -> [String] {
        let scratch = try Scratch()
        let house = try await House.open(scratch, batches: batches, restartAfter: restartAfter) { (house, number) in
            if number == 0 { for (name, text) in kept { _ = try house.kept.put(name, Array(text.utf8)) } }
        }
        defer { house.close() }
        return try await house.answers(at: "2019-01-01T00:00:00Z", by: "data.segment", kept: kept.map(\.name))
            .map { String(decoding: $0, as: UTF8.self) }
    }
}
