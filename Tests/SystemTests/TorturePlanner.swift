import TestSupport

/// Chooses what each connection of a round sends. The choices follow from the seed and from what the ledger has seen.
struct TorturePlanner {
    private static let types = [
        "marketing.form.submitted", "marketing.lead.qualified", "sales.lead.accepted", "sales.opportunity.created", "sales.opportunity.won",
        "test.thing.happened",
    ]

    private var random: Seeded
    private let round: Int
    private var made = 0
    /// Sent before and, as far as is known, not stored.
    private var unstored: [Int]
    /// Sent by two connections of this round.
    private(set) var shared: Set<Int> = []

    init(seed: UInt64, round: Int, unstored: [Int]) {
        random = Seeded(seed: seed)
        self.round = round
        self.unstored = unstored
    }

    /// The plans of the connections of a round, about 50 to 500 events in all.
    mutating func plans(_ ledger: inout Ledger) -> [TorturePlan] {
        var plans = [singles(&ledger), arrays(&ledger), stream(&ledger, Int.random(in: 1...4, using: &random))]
        if ledger.tail > 0 {
            plans.append(again(ledger))
            plans.append(conflicts(ledger))
        }
        return Int.random(in: 0..<4, using: &random) == 0 ? race(plans, &ledger) : plans
    }

    /// Events of a journey of their own, with personal data: to be erased one day.
    mutating func personal(_ subject: String, _ ledger: inout Ledger) -> TorturePlan {
        let lines = (0..<5).map { _ in new(&ledger, subject: subject) }
        return TorturePlan(form: .stream(ahead: 1), units: [lines])
    }

    /// What a connection sent, sent again by other connections in the same and in another order: its answers were lost.
    mutating func again(_ numbers: [Int], _ ledger: Ledger) -> [TorturePlan] {
        let lines = numbers.map { TortureLine(event: $0, text: ledger.events[$0].text) }
        shared.formUnion(numbers)
        guard !lines.isEmpty else { return [] }
        return [
            TorturePlan(form: .stream(ahead: 2), units: split(lines, 1...20)),
            TorturePlan(form: .arrays, units: split(lines.shuffled(using: &random), 1...10)),
        ]
    }

    private mutating func singles(_ ledger: inout Ledger) -> TorturePlan {
        let lines = (0..<Int.random(in: 5...30, using: &random)).map { _ in next(&ledger) }
        return TorturePlan(form: .singles(onTheirWay: Int.random(in: 1...8, using: &random)), units: lines.map { [$0] })
    }

    private mutating func arrays(_ ledger: inout Ledger) -> TorturePlan {
        var units: [[TortureLine]] = []
        for _ in 0..<Int.random(in: 2...8, using: &random) {
            var unit = (0..<Int.random(in: 1...20, using: &random)).map { _ in next(&ledger) }
            // Twice in one array is once.
            if Bool.random(using: &random) { unit.append(unit[0]) }
            units.append(unit)
        }
        return TorturePlan(form: .arrays, units: units)
    }

    private mutating func stream(_ ledger: inout Ledger, _ ahead: Int) -> TorturePlan {
        let lines = (0..<Int.random(in: 20...200, using: &random)).map { _ in next(&ledger) }
        return TorturePlan(form: .stream(ahead: ahead), units: split(lines, 1...30))
    }

    /// Stored events again: old and very old, one by one, in their order or in none, some written differently.
    private mutating func again(_ ledger: Ledger) -> TorturePlan {
        var lines: [TortureLine] = []
        for _ in 0..<Int.random(in: 10...60, using: &random) {
            guard let number = storedEvent(ledger) else { continue }
            let text = ledger.events[number].text
            let isRespelled = Bool.random(using: &random)
            lines.append(TortureLine(event: number, text: isRespelled ? text.replacing(#","data":{"#, with: #" , "data" : { "#) : text))
        }
        if Bool.random(using: &random) { lines.sort { $0.event < $1.event } }
        switch Int.random(in: 0..<3, using: &random) {
        case 0: return TorturePlan(form: .singles(onTheirWay: 4), units: lines.map { [$0] })
        case 1: return TorturePlan(form: .arrays, units: split(lines, 1...20))
        default: return TorturePlan(form: .stream(ahead: 3), units: split(lines, 1...20))
        }
    }

    /// Names of stored events with other content: alone, in arrays that must be refused whole, and in a stream.
    private mutating func conflicts(_ ledger: Ledger) -> TorturePlan {
        var lines: [TortureLine] = []
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            guard let number = storedEvent(ledger) else { continue }
            let text = ledger.events[number].text
            let other = text.replacing(#""time":"2026-"#, with: #""time":"2025-"#)
            lines.append(TortureLine(event: number, isConflict: true, text: other))
            if let twin = storedEvent(ledger) { lines.append(TortureLine(event: twin, text: ledger.events[twin].text)) }
        }
        switch Int.random(in: 0..<3, using: &random) {
        case 0: return TorturePlan(form: .singles(onTheirWay: 2), units: lines.map { [$0] })
        case 1: return TorturePlan(form: .arrays, units: split(lines, 2...4))
        default: return TorturePlan(form: .stream(ahead: 2), units: split(lines, 1...4))
        }
    }

    /// Adds the same new events to two connections: one of them is first.
    private mutating func race(_ plans: [TorturePlan], _ ledger: inout Ledger) -> [TorturePlan] {
        let lines = (0..<Int.random(in: 5...20, using: &random)).map { _ in new(&ledger) }
        shared.formUnion(lines.map(\.event))
        return plans + [
            TorturePlan(form: .arrays, units: split(lines, 1...5)), TorturePlan(form: .stream(ahead: 2), units: split(lines, 1...5)),
        ]
    }

    private mutating func storedEvent(_ ledger: Ledger) -> Int? {
        let position = Int.random(in: 1...ledger.tail, using: &random)
        guard let number = ledger.stored[position - 1], ledger.events[number].erasure == .none else { return nil }
        return number
    }

    private mutating func split(_ lines: [TortureLine], _ sizes: ClosedRange<Int>) -> [[TortureLine]] {
        var (units, rest): ([[TortureLine]], ArraySlice) = ([], lines[...])
        while !rest.isEmpty {
            let unit = rest.prefix(Int.random(in: sizes, using: &random))
            units.append(Array(unit))
            rest = rest.dropFirst(unit.count)
        }
        return units
    }

    /// One that was sent before and not stored, or a new one.
    private mutating func next(_ ledger: inout Ledger) -> TortureLine {
        if !unstored.isEmpty, Int.random(in: 0..<3, using: &random) == 0 {
            let inOrder = Bool.random(using: &random)
            let number = unstored.remove(at: inOrder ? 0 : Int.random(in: 0..<unstored.count, using: &random))
            return TortureLine(event: number, text: ledger.events[number].text)
        }
        return new(&ledger)
    }

    private mutating func new(_ ledger: inout Ledger, subject: String? = nil) -> TortureLine {
        made += 1
        let (id, source) = ("\(round).\(ledger.events.count)", "/torture/\(Int.random(in: 0..<5, using: &random))")
        let number = Int.random(in: 0..<300, using: &random)
        let owner = subject ?? "lead:\(number)"
        let filler = String(repeating: "x", count: Int.random(in: 0..<10, using: &random) == 0 ? 2_000 : number % 60)
        let type = TorturePlanner.types.randomElement(using: &random) ?? ""
        let data =
            #"{"form_id":"f","lead_id":"\#(number)","opp_id":"o\#(number)","pipeline":"new","stage":"one","type":"new","#
            + #""money":{"minor":\#(number + 1)00,"ccy":"EUR"},"email":"\#(Ledger.mark(owner))\#(made)@example.org","p":"\#(filler)"}"#
        let (day, second) = (10 + number % 18, Int.random(in: 10..<60, using: &random))
        let text = eventJSON(
            id, type: type, subject: owner, source: source, account: subject == nil && number % 3 == 0 ? "account:\(number % 30)" : nil,
            time: "2026-0\(1 + number % 9)-\(day)T10:\(second):\(second)Z", data: data)
        return TortureLine(event: ledger.add(source: source, id: id, subject: owner, text: text), text: text)
    }
}
