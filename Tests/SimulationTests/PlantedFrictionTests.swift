import JourneyModel
import Simulation
import Testing

/// Each planted friction is where it should be, and nowhere else; and without friction there is none.
@Suite struct PlantedFrictionTests {
    static let planted = Result { try Simulated(journeys: 5000, seed: 5) }
    static let plain = Result { try Simulated(journeys: 5000, seed: 5, hasFriction: false) }

    /// Median hours from a lead's qualification to its assignment, by region.
    private func handoffHours(_ simulated: Simulated) -> [String: Double] {
        var qualifiedAt: [String: Timestamp] = [:]
        var hours: [String: [Double]] = [:]
        for event in simulated.events {
            guard let time = Timestamp(event.time), let region = event.data["region"]?.text else { continue }
            if event.type == "marketing.lead.qualified" {
                qualifiedAt[event.subject] = time
            } else if event.type == "sales.lead.assigned", let since = qualifiedAt[event.subject] {
                hours[region, default: []].append(Double(time.microseconds - since.microseconds) / 3.6e9)
            }
        }
        return hours.mapValues { $0.sorted()[$0.count / 2] }
    }

    @Test func leadsOfRegionNorthWait() throws {
        let planted = try handoffHours(Self.planted.get())
        #expect((100...140).contains(try #require(planted["north"])))
        let plain = try handoffHours(Self.plain.get())
        for hours in [planted["south"], planted["east"], planted["west"], plain["north"]] {
            #expect((18...22).contains(try #require(hours)))
        }
    }

    /// Invoices issued a second time, in percent of those issued, by product.
    private func reissues(_ simulated: Simulated) -> [String: Int] {
        let issued = simulated.counts(of: "finance.invoice.issued", by: "product")
        let again = simulated.counts(of: "finance.invoice.reissued", by: "product")
        return again.reduce(into: [:]) { $0[$1.key] = $1.value * 100 / issued[$1.key, default: 1] }
    }

    @Test func invoicesForAtlasAreIssuedAgain() throws {
        let planted = try reissues(Self.planted.get())
        #expect((38...50).contains(try #require(planted["atlas"])))
        let plain = try reissues(Self.plain.get())
        for percent in [planted["borealis"], planted["cirrus"], planted["delta"], plain["atlas"]] {
            #expect((1...5).contains(try #require(percent)))
        }
    }

    @Test func aReissueNamesWhatItReplaces() throws {
        let reissue = try #require(try Self.planted.get().events.first { $0.type == "finance.invoice.reissued" })
        let replaced = try #require(reissue.data["replaces"]?.text)
        #expect(reissue.subject == "invoice:" + replaced)
        #expect(reissue.data["invoice_id"]?.text == replaced + "R")
    }

    /// Of closed tickets the percentage that was assigned more than once, and the largest number of such assignments, by segment.
    private func bounces(_ simulated: Simulated) -> [String: (percent: Int, most: Int)] {
        var groups: [String: [String]] = [:]
        var closed: [String: [String]] = [:]
        for event in simulated.events {
            if event.type == "support.ticket.assigned", let group = event.data["group"]?.text {
                groups[event.subject, default: []].append(group)
            } else if event.type == "support.ticket.closed", let segment = event.data["segment"]?.text {
                closed[segment, default: []].append(event.subject)
            }
        }
        for sequence in groups.values {
            for (number, group) in sequence.enumerated() { #expect(group == (number % 2 == 0 ? "support" : "success")) }
        }
        return closed.mapValues { tickets in
            let bounces = tickets.map { groups[$0, default: []].count - 1 }
            return (bounces.count { $0 > 0 } * 100 / bounces.count, bounces.max() ?? 0)
        }
    }

    @Test func ticketsOfEnterprisesBounce() throws {
        let planted = try bounces(Self.planted.get())
        let enterprise = try #require(planted["enterprise"])
        #expect((30...40).contains(enterprise.percent))
        #expect(enterprise.most == 6)
        let plain = try bounces(Self.plain.get())
        for other in [planted["smb"], planted["mid"], plain["enterprise"]] {
            #expect((1...5).contains(try #require(other).percent))
            #expect(other?.most == 1)
        }
    }

    @Test func nothingElseDependsOnThem() throws {
        let simulated = try Self.planted.get()
        for (field, count) in [("product", 4), ("segment", 3), ("region", 4)] {
            let won = simulated.counts(of: "sales.opportunity.won", by: field)
            let lost = simulated.counts(of: "sales.opportunity.lost", by: field)
            #expect(won.count == count)
            for (value, wins) in won {
                let percent = wins * 100 / (wins + lost[value, default: 0])
                #expect((28...42).contains(percent), "\(field) \(value)")
            }
        }
    }
}
