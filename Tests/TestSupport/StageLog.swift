internal import JourneyModel

/// Random journeys through the stages of the shipped map, with what makes them move: links, their ends, merges, snoozes, and if asked voids and corrections.
package struct StageLog: Sendable {
    /// Whether events are voided and corrected.
    package var hasCompensations = false
    /// Whether subjects are linked, parted and merged by events; accounts link them in any case.
    package var hasIdentityEvents = true
    package var count = 150

    package init(hasCompensations: Bool = false, hasIdentityEvents: Bool = true, count: Int = 150) {
        (self.hasCompensations, self.hasIdentityEvents, self.count) = (hasCompensations, hasIdentityEvents, count)
    }

    package static let start: Int64 = 1_767_225_600_000_000

    /// The events in the order of their time, no two at the same moment.
    package func events(_ random: inout Seeded) -> [String] {
        var time = StageLog.start
        return (0..<count).map { number in
            time += Int64.random(in: 1...40_000, using: &random) * 1_000_000
            return event(number, Timestamp(microseconds: time).text, &random)
        }
    }

    private func event(_ number: Int, _ time: String, _ random: inout Seeded) -> String {
        let journey = Int.random(in: 0..<12, using: &random)
        let subject = "\(["lead", "opportunity", "ticket"][number % 3]):\(journey)"
        let account = Int.random(in: 0..<3, using: &random) == 0 ? "account:\(journey / 2)" : nil
        let kind = ["lead", "opportunity", "account"].randomElement(using: &random) ?? "lead"
        let other = "\(kind):\(Int.random(in: 0..<12, using: &random))"
        let target = #""target":{"source":"/test","id":"\#(Int.random(in: 0..<count, using: &random))"},"reason":"r""#
        switch Int.random(in: 0..<20, using: &random) {
        case 0 where hasIdentityEvents:
            return eventJSON(
                "\(number)", type: "ops.identity.linked", subject: subject, time: time, data: #"{"a":"\#(subject)","b":"\#(other)"}"#)
        case 1 where hasIdentityEvents:
            let data = #"{"a":"\#(subject)","b":"account:\#(journey / 2)"}"#
            return eventJSON("\(number)", type: "ops.identity.unlinked", subject: subject, time: time, data: data)
        case 2 where hasIdentityEvents:
            let data = #"{"winner":"\#(subject)","losers":["\#(other)"]}"#
            return eventJSON("\(number)", type: "ops.record.merged", subject: subject, time: time, data: data)
        case 3 where hasCompensations:
            return eventJSON("\(number)", type: "ops.event.voided", subject: "ops:1", time: time, data: "{\(target)}")
        case 4 where hasCompensations:
            let data = #"{\#(target),"data":{"lead_id":1,"region":"west",\#(RandomSnooze.members(StageLog.start, &random))}}"#
            return eventJSON("\(number)", type: "ops.event.corrected", subject: "ops:1", time: time, data: data)
        case 5:
            let data = "{\(RandomSnooze.members(StageLog.start, &random))}"
            return eventJSON("\(number)", type: "ops.stall.snoozed", subject: subject, account: account, time: time, data: data)
        default:
            let (type, data) = StageLog.types.randomElement(using: &random) ?? StageLog.types[0]
            return eventJSON("\(number)", type: type, subject: subject, account: account, time: time, data: data(journey))
        }
    }

    private static let types: [(type: String, data: @Sendable (Int) -> String)] = [
        ("marketing.lead.created", { #"{"lead_id":\#($0),"origin":"web","region":"\#(["north", "south"][$0 % 2])"}"# }),
        ("marketing.lead.qualified", { #"{"lead_id":\#($0)}"# }),
        ("marketing.lead.recycled", { _ in #"{"reason":"cold"}"# }),
        ("sales.lead.accepted", { _ in "{}" }),
        ("sales.opportunity.won", { #"{"opp_id":\#($0),"money":{"minor":\#($0 * 100),"ccy":"\#(["EUR", "USD"][$0 % 2])"}}"# }),
        ("sales.opportunity.lost", { _ in #"{"reason":"price"}"# }),
        ("finance.invoice.issued", { #"{"invoice_id":\#($0),"money":{"minor":1,"ccy":"EUR"}}"# }),
        ("success.milestone.reached", { _ in #"{"name":"first_value"}"# }),
        ("support.ticket.assigned", { #"{"ticket_id":1,"to":"a","group":"\#(["support", "success"][$0 % 2])"}"# }),
        ("custom.thing.happened", { #"{"lead_id":\#($0)}"# }),
    ]
}
