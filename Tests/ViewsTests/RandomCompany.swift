import JourneyModel
import TestSupport

/// Histories that are made up, from a seed.
enum RandomCompany {
    // A part of the events comes up to so much later than it happened.
    private static let latest: Int64 = 90 * 86_400_000_000

    /// How long stays may take: short, so that some are stalls.
    private static let levels = eventJSON(
        "levels", type: "ops.definition.set", subject: "definition:levels",
        data: #"{"name":"l","kind":"service-levels","definition":{"lead":"P9D","mql":"PT1H","sal":"PT12H","committed":"P1D"}}"#)

    /// Journeys through all stages, with links, parted links and merges, events that are voided and corrected and compensations that are voided in turn,
    /// stalls that are snoozed, and events that come up to 90 days late; no two at the same moment.
    static func events(_ random: inout Seeded) -> [String] {
        let types: [(type: String, data: (Int) -> String)] = [
            ("marketing.lead.created", { #"{"lead_id":\#($0),"origin":"web","region":"\#(["north", "south"][$0 % 2])"}"# }),
            ("marketing.lead.qualified", { #"{"lead_id":\#($0)}"# }),
            ("marketing.lead.recycled", { _ in #"{"reason":"cold"}"# }),
            ("sales.lead.accepted", { _ in "{}" }),
            ("sales.opportunity.won", { #"{"opp_id":\#($0),"money":{"minor":\#($0 * 100),"ccy":"\#(["EUR", "USD"][$0 % 2])"}}"# }),
            ("sales.opportunity.lost", { _ in #"{"reason":"price"}"# }),
            ("finance.invoice.issued", { #"{"invoice_id":\#($0),"money":{"minor":1,"ccy":"EUR"}}"# }),
            ("success.milestone.reached", { _ in #"{"name":"first_value"}"# }),
            ("custom.thing.happened", { #"{"lead_id":\#($0)}"# }),
        ]
        var texts = [levels]
        var time: Int64 = 1_767_225_600_000_000
        for number in 0..<120 {
            time += Int64.random(in: 1...40_000_000_000, using: &random)
            let journey = Int.random(in: 0..<12, using: &random)
            let lateness = Int.random(in: 0..<6, using: &random) == 0 ? Int64.random(in: 0...latest, using: &random) : 0
            let moment = Timestamp(microseconds: time - lateness).text
            let subject = "\(["lead", "opportunity", "ticket"][number % 3]):\(journey)"
            let account = Int.random(in: 0..<2, using: &random) == 0 ? "account:\(journey / 2)" : nil
            switch Int.random(in: 0..<20, using: &random) {
            case 0:
                let data = #"{"a":"\#(subject)","b":"account:\#(journey / 3)"}"#
                let kind = Bool.random(using: &random) ? "linked" : "unlinked"
                texts.append(eventJSON("\(number)", type: "ops.identity.\(kind)", subject: subject, time: moment, data: data))
            case 1:
                let data = #"{"winner":"lead:\#(journey)","losers":["lead:\#((journey + 1) % 12)"]}"#
                texts.append(eventJSON("\(number)", type: "ops.record.merged", subject: subject, time: moment, data: data))
            case 3:
                // Any event may be voided, before it comes as well as after, and so may what voids.
                let data = #"{"target":{"source":"/test","id":"\#(Int.random(in: 0..<120, using: &random))"},"reason":"twice"}"#
                texts.append(eventJSON("\(number)", type: "ops.event.voided", subject: subject, account: account, time: moment, data: data))
            case 4:
                let target = Int.random(in: 0..<120, using: &random)
                let money = #""money":{"minor":\#(number * 7),"ccy":"EUR"}"#
                let fields = #""region":"\#(["north", "west"][number % 2])","name":"first_value",\#(money)"#
                let corrected = #"{"lead_id":"c",\#(fields),\#(RandomSnooze.members(time, &random))}"#
                let data = #"{"target":{"source":"/test","id":"\#(target)"},"reason":"wrong","data":\#(corrected)}"#
                texts.append(eventJSON("\(number)", type: "ops.event.corrected", subject: subject, time: moment, data: data))
            case 5, 6:
                let data = "{\(RandomSnooze.members(time, &random))}"
                texts.append(
                    eventJSON("\(number)", type: "ops.stall.snoozed", subject: subject, account: account, time: moment, data: data))
            case 2:
                let data = #"{"ticket_id":1,"to":"a","group":"\#(["support", "success"][number % 2])"}"#
                texts.append(
                    eventJSON("\(number)", type: "support.ticket.assigned", subject: "ticket:\(journey)", time: moment, data: data))
            default:
                guard let (type, data) = types.randomElement(using: &random) else { continue }
                texts.append(eventJSON("\(number)", type: type, subject: subject, account: account, time: moment, data: data(journey)))
            }
        }
        return texts
    }
}
