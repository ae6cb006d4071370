internal import EventLog
internal import Glibc
internal import JourneyModel

/// Events of journeys through the stages of the shipped map: each of twenty, side by side, in the order of time; every sixteenth fifty days late.
struct StagedEvents {
    private static let batch = 10_000
    private static let each = 20
    private static let start: Int64 = 1_735_689_600_000_000
    /// Between two events of the log.
    private static let step: Int64 = 3_000_000

    // What happens in a journey, one after another.
    private static let script: [(type: String, data: String)] = [
        ("marketing.page.viewed", #"{"url":"/a","region":"north","origin":"paid"}"#), ("marketing.page.viewed", #"{"url":"/b"}"#),
        ("marketing.lead.created", #"{"lead_id":"1","region":"north","origin":"paid"}"#), ("marketing.page.viewed", #"{"url":"/c"}"#),
        ("marketing.lead.qualified", #"{"lead_id":"1","segment":"enterprise"}"#), ("sales.touch.made", #"{"channel":"email"}"#),
        ("sales.lead.accepted", #"{"lead_id":"1"}"#), ("sales.touch.made", #"{"channel":"call"}"#),
        ("sales.touch.made", #"{"channel":"call"}"#),
        ("sales.opportunity.created", #"{"opp_id":"1","stage":"new","money":{"minor":100000,"ccy":"EUR"}}"#),
        ("sales.quote.sent", #"{"quote_id":"1","opp_id":"1","product":"atlas"}"#),
        ("sales.opportunity.won", #"{"opp_id":"1","money":{"minor":120000,"ccy":"EUR"}}"#),
        ("finance.contract.signed", #"{"contract_id":"1","money":{"minor":120000,"ccy":"EUR"}}"#),
        ("finance.invoice.issued", #"{"invoice_id":"1","money":{"minor":120000,"ccy":"EUR"}}"#),
        ("success.handoff.accepted", #"{"account_id":"1"}"#), ("success.milestone.reached", #"{"name":"first_value"}"#),
        ("custom.usage.reported", #"{"n":1}"#), ("custom.usage.reported", #"{"n":2}"#), ("custom.usage.reported", #"{"n":3}"#),
        ("custom.usage.reported", #"{"n":4}"#),
    ]

    private let reader: EventReader
    private var number = 0
    private var random: UInt64 = 42
    private var active: [(journey: Int, done: Int)] = []
    private var next = 0

    init() throws {
        let catalogue = try EventCatalogue(files: [])
        reader = EventReader(catalogue: catalogue)
        active = (0..<5_000).map { (journey: $0, done: $0 % Self.each) }
        next = active.count
    }

    /// Appends the next `count` events, and waits until they are stored.
    mutating func append(_ count: Int, to log: EventLog) throws {
        var left = count
        while left > 0 {
            var batch = EventBatch()
            for _ in 0..<min(left, Self.batch) { try add(to: &batch) }
            left -= batch.drafts.count
            try append(batch, to: log)
        }
        while log.waiting > 0 || log.tail < Position(number) { usleep(1_000) }
    }

    /// The next `count` events as one batch.
    mutating func nextBatch(_ count: Int) throws -> EventBatch {
        var batch = EventBatch()
        for _ in 0..<count { try add(to: &batch) }
        return batch
    }

    private mutating func draw(_ below: Int) -> Int {
        random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((random >> 33) % UInt64(below))
    }

    private mutating func add(to batch: inout EventBatch) throws {
        let place = draw(active.count)
        let (journey, done) = active[place]
        active[place].done += 1
        if done == Self.each - 1 {
            active[place] = (next, 0)
            next += 1
        }
        let late: Int64 = draw(16) == 0 ? 50 * 86_400_000_000 : 0
        let time = Timestamp(microseconds: Self.start + Int64(number) * Self.step - late).text
        let (type, data) = Self.script[done]
        let text = """
            {"specversion":"1.0","id":"\(number)","source":"/bench","type":"\(type)","subject":"lead:\(journey)","time":"\(time)","data":\(data)}
            """
        let utf8 = Array(text.utf8)
        try reader.read(utf8.span, receivedAt: .now, into: &batch)
        number += 1
    }

    private func append(_ batch: EventBatch, to log: EventLog) throws {
        while true {
            do throws(LogError) {
                return try log.append(AppendRequest(batch: batch, to: log, isAtomic: true, emitter: 0, expectation: nil) { _ in })
            } catch {
                guard case .overloaded = error else { throw error }
                // The queue is bounded: what is in it has to be stored first.
                usleep(1_000)
            }
        }
    }
}
