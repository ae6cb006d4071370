import JourneyModel
import Simulation
import Testing

/// The events of a simulated company, read back from their lines.
struct Simulated {
    struct Event {
        let time: String
        let type: String
        let source: String
        let id: String
        let subject: String
        let account: String
        let data: JSONValue
    }

    var bytes: [UInt8] = []
    var events: [Event] = []

    init(journeys: Int, seed: UInt64 = 1, days: Int = 365, hasFriction: Bool = true) throws {
        var bytes: [UInt8] = []
        SimulatedCompany(journeys: journeys, seed: seed, days: days, hasFriction: hasFriction).write { chunk in
            bytes += chunk
            return true
        }
        self.bytes = bytes
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            let value = try JSONValue(Array(line).span)
            let text = { (name: String) in try #require(value[name]?.text) }
            try events.append(
                Event(
                    time: text("time"), type: text("type"), source: text("source"), id: text("id"), subject: text("subject"),
                    account: text("account"), data: try #require(value["data"])))
        }
    }

    /// How many events of `type` there are with each value of a field of `data`.
    func counts(of type: String, by field: String) -> [String: Int] {
        events.reduce(into: [:]) { counts, event in
            guard event.type == type, let value = event.data[field]?.text else { return }
            counts[value, default: 0] += 1
        }
    }
}

@Suite struct SimulatedCompanyTests {
    @Test func sameSeedSameBytes() throws {
        let first = try Simulated(journeys: 300, seed: 42).bytes
        #expect(try Simulated(journeys: 300, seed: 42).bytes == first)
        #expect(try Simulated(journeys: 300, seed: 43).bytes != first)
    }

    /// The bytes are the same on every machine: this one must agree with the one the sum was taken on.
    @Test func bytesAreThoseOfAnyMachine() throws {
        let bytes = try Simulated(journeys: 200, seed: 2026).bytes
        // FNV-1a, 64 bits.
        let sum = bytes.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
        #expect(String(sum, radix: 16) == "4f286c290a76a67")
    }

    @Test func eventsAreInOrderWithinTheDays() throws {
        let events = try Simulated(journeys: 500, days: 90).events
        var last = ("", "")
        for event in events {
            #expect((event.time, event.account) >= last)
            last = (event.time, event.account)
        }
        #expect(try #require(events.first).time >= "2026-01-01T00:00:00Z")
        #expect(last.0 < "2026-04-01T00:00:00Z")
    }

    @Test func everyEventIsOfTheCatalogueAndInOrder() throws {
        let catalogue = try EventCatalogue.shipped()
        try #require(!catalogue.types.isEmpty)
        let reader = EventReader(catalogue: catalogue)
        let simulated = try Simulated(journeys: 1000)
        var batch = EventBatch()
        for line in simulated.bytes.split(separator: UInt8(ascii: "\n")) {
            try reader.read(Array(line).span, receivedAt: SimulatedCompany.defaultStart, into: &batch)
        }
        let types = Set(simulated.events.map(\.type))
        #expect(types.subtracting(catalogue.types) == [])
        #expect(types.count == 55, "every activity happens somewhere")
    }

    @Test func journeysAreWhole() throws {
        let simulated = try Simulated(journeys: 2000)
        #expect((12...25).contains(simulated.events.count / 2000))
        #expect(Set(simulated.events.map(\.account)).count == 2000)
        #expect(Set(simulated.events.map { "\($0.source) \($0.id)" }).count == simulated.events.count)
        let partners = Set(simulated.events.filter { $0.type == "partner.deal.registered" }.map(\.account)).count
        #expect((200...280).contains(partners))
        let won = simulated.events.count { $0.type == "sales.opportunity.won" }
        let lost = simulated.events.count { $0.type == "sales.opportunity.lost" }
        #expect((28...40).contains(won * 100 / (won + lost)))
    }

    @Test func aSinkThatHasEnoughStopsIt() {
        var chunks = 0
        SimulatedCompany(journeys: 5000, seed: 1).write { chunk in
            chunks += 1
            #expect(chunk.count >= 64 * 1024 && chunk.last == UInt8(ascii: "\n"))
            return chunks < 3
        }
        #expect(chunks == 3)
    }

    @Test(arguments: [0, 1]) func fewJourneysAreNoTrouble(count: Int) throws {
        #expect(try Set(Simulated(journeys: count).events.map(\.account)).count == count)
    }

    @Test func tenYearsAreNoTrouble() throws {
        let events = try Simulated(journeys: 40, days: SimulatedCompany.maximumDays).events
        #expect(try #require(events.last).time > "2034")
    }
}
