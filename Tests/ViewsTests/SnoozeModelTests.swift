import EventLog
import JourneyModel
import Questions
import TestSupport
import Testing
import Views

/// What is snoozed, held against the definition in its plainest form: of the events that count, in the order of time, the last snooze of the last stay.
@Suite(.serialized) struct SnoozeModelTests {
    private static let start: Int64 = 1_767_225_600_000_000
    private static let hour: Int64 = 3_600_000_000

    private struct Happening {
        enum Kind {
            case enters(Int), returns(Int), exits
            case snoozes(until: Int64, stage: String?)
        }

        let id: Int
        let time: Int64
        let kind: Kind

        private static let stages = ["lead", "mql", "sal"]

        init(_ id: Int, _ random: inout Seeded) {
            self.id = id
            // Apart by what no other has: of two at one moment the one that came first counts first, which is not what is tried here.
            time = start + Int64.random(in: 0..<200, using: &random) * hour + Int64(id)
            kind =
                switch Int.random(in: 0..<8, using: &random) {
                case 0: .enters(1)
                case 1: .enters(2)
                case 2: .returns(0)
                case 3: .exits
                default:
                    .snoozes(
                        until: start + Int64.random(in: -50..<400, using: &random) * hour,
                        stage: Bool.random(using: &random) ? nil : (Happening.stages + ["gone"]).randomElement(using: &random))
                }
        }

        /// The stage's name.
        static func name(_ stage: Int) -> String { stages[stage] }

        var text: String {
            let (type, data): (String, String) =
                switch kind {
                case .enters(1): ("marketing.lead.qualified", #"{"lead_id":1}"#)
                case .enters: ("sales.lead.accepted", "{}")
                case .returns: ("marketing.lead.recycled", #"{"reason":"cold"}"#)
                case .exits: ("sales.opportunity.lost", #"{"reason":"price"}"#)
                case .snoozes(let until, let stage):
                    (
                        "ops.stall.snoozed",
                        #"{"until":"\#(Timestamp(microseconds: until).text)","reason":"\#(id)""#
                            + (stage.map { #","stage":"\#($0)""# } ?? "") + "}"
                    )
                }
            return eventJSON("\(id)", type: type, subject: "lead:1", time: Timestamp(microseconds: time).text, data: data)
        }
    }

    /// The id of the snooze that holds at a moment; nil where none does.
    private static func snoozed(_ all: [Happening], voided: Set<Int>, at: Int64) -> Int? {
        var stay: Int?
        var latest: (id: Int, from: Int64, until: Int64)?
        for event in all.sorted(by: { $0.time < $1.time }) where !voided.contains(event.id) {
            let before = stay
            switch event.kind {
            case .enters(let stage): if stay.map({ $0 < stage }) ?? true { stay = stage }
            case .returns(let stage): if let current = stay, stage < current { stay = stage }
            case .exits: stay = nil
            case .snoozes(let until, let stage):
                if let stay, stage == nil || stage == Happening.name(stay) { latest = (event.id, event.time, until) }
            }
            if stay != before { latest = nil }
        }
        guard let latest, latest.from <= at, at < latest.until else { return nil }
        return latest.id
    }

    @Test(arguments: 1...Seeds.count(60)) func theLastSnoozeOfTheOpenStayHolds(seed: Int) async throws {
        var random = Seeded(seed: UInt64(seed))
        let events = (0..<30).map { Happening($0, &random) }
        let voided = Set((0..<5).map { _ in Int.random(in: 0..<30, using: &random) })
        let voids = voided.map { id in
            eventJSON(
                "v\(id)", type: "ops.event.voided", subject: "lead:1", time: "2026-12-01T00:00:00Z",
                data: #"{"target":{"source":"/test","id":"\#(id)"},"reason":"r"}"#)
        }
        let scratch = try Scratch()
        let house = try await House.open(scratch)
        defer { house.close() }
        let reader = EventReader(catalogue: try .shipped())
        var texts = (events.map(\.text) + voids).shuffled(using: &random)[...]
        while !texts.isEmpty {
            _ = try await house.log.appendAndWait(reader.batch(Array(texts.prefix(7)))).get()
            texts = texts.dropFirst(7)
            if Bool.random(using: &random) { await house.caughtUp() }
        }
        await house.caughtUp()
        for hours in stride(from: Int64(0), through: 400, by: 40) {
            let at = Self.start + hours * Self.hour
            let text = try #require(try house.views.journey(of: "lead:1", at: Timestamp(microseconds: at)))
            let told = try JSONValue(text.span)["openWaits"]?.elements?.first?["snoozed"]?["reason"]?.text
            let expected = Self.snoozed(events, voided: voided, at: at).map(String.init)
            #expect(told == expected, "seed \(seed), \(hours) hours after the start")
        }
    }
}
