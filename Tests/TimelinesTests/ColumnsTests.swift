import EventLog
import JourneyModel
import TestSupport
import Testing
import Timelines

/// Columns against a slow and obvious model of the same log, after every batch and as of any position.
@Suite struct ColumnsTests {
    @Test(arguments: 1...80)
    func journeysAreWhatTheModelSays(seed: Int) async throws {
        var random = Seeded(seed: UInt64(seed))
        let house = try ColumnsHouse(isSmall: seed % 4 < 2)
        defer { house.close() }
        var texts = Self.events(&random)
        // With nothing taken back, journeys only grow and join, and the base is kept.
        if seed % 2 == 0 { texts.removeAll { $0.contains("ops.event.") || $0.contains("unlinked") } }
        // Some come twice, and all in any order.
        for _ in 0..<20 { texts.append(texts.randomElement(using: &random) ?? texts[0]) }
        texts.shuffle(using: &random)
        while !texts.isEmpty {
            let count = min(texts.count, Int.random(in: 1...60, using: &random))
            try await house.append(Array(texts.prefix(count)))
            texts.removeFirst(count)
            let model = ColumnsModel(try house.log.allEvents())
            #expect(try house.columns.journeys().positions == model.journeys, "seed \(seed) at \(house.log.tail)")
        }
        for _ in 0..<5 {
            let position = Position.random(in: 0...house.log.tail, using: &random)
            let model = ColumnsModel(try house.log.allEvents().filter { $0.position <= position })
            let journeys = try house.columns.journeys(asOf: position)
            #expect(journeys.positions == model.journeys, "seed \(seed) as of \(position)")
            #expect(journeys.position == position)
        }
    }

    @Test(arguments: 1...30)
    func propertiesAreWhatTheModelSays(seed: Int) async throws {
        var random = Seeded(seed: UInt64(seed))
        let house = try ColumnsHouse()
        defer { house.close() }
        var texts = Self.events(&random)
        let tests: [(field: String, test: ValueTest, model: (JSONValue?) -> Bool)] = [
            ("data.n", .greaterOrEqual(.number(3)), { $0?.number.map { $0 >= 3 } ?? false }),
            ("data.n", .equals(.number(0)), { $0?.number == 0 }),
            ("data.n", .equals(.null), { $0 == nil || $0 == .null }),
            ("data.in.region", .among([.text("north"), .text("west")]), { ["north", "west"].contains($0?.text) }),
            ("data.in.region", .prefix("n"), { $0?.text?.hasPrefix("n") ?? false }),
            ("data.in.region", .less(.text("south")), { ($0?.text).map { $0 < "south" } ?? false }),
            ("data.in.region", .exists, { $0 != nil && $0 != .null }),
            ("subject", .prefix("lead:"), { $0?.text?.hasPrefix("lead:") ?? false }),
            ("account", .equals(.null), { $0 == nil }),
            ("data.big", .greater(.integer(9_007_199_254_740_993)), { $0 == .number("9007199254740995") }),
        ]
        while !texts.isEmpty {
            let count = min(texts.count, Int.random(in: 1...80, using: &random))
            try await house.append(Array(texts.prefix(count)))
            texts.removeFirst(count)
            let model = ColumnsModel(try house.log.allEvents())
            let journeys = try house.columns.journeys()
            for (field, test, passes) in tests {
                let field = try #require(EventField(field))
                let column = try #require(try house.columns.properties([field], for: journeys)[field])
                let rows = column.rows(test, of: journeys)
                let found = (0..<journeys.rowCount).filter { rows.contains($0) }.map { journeys.table.position($0) }
                let expected = model.events.filter { passes(model.value(field, $0)) }.map(\.position)
                #expect(found == expected, "seed \(seed), \(field.name) \(test)")
            }
        }
    }

    @Test func timesAreExactWhateverTheirUnit() async throws {
        let times = ["2026-01-01T00:00:00.5Z", "2026-01-01T00:00:01.25Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"]
        for count in 1...times.count {
            let house = try ColumnsHouse()
            defer { house.close() }
            try await house.append(times.prefix(count).enumerated().map { eventJSON("\($0)", time: $1) })
            let found = try house.columns.journeys().flatMap { $0.map { Timestamp(microseconds: $0.time).text } }
            #expect(found == times.prefix(count).sorted())
        }
    }

    /// More rows than a segment has and than a small chunk is worth: they lie in files, where there is room, and what grows is merged.
    @Test(arguments: [true, false]) func whatIsFullIsReadFromFiles(hasRoom: Bool) async throws {
        let house = try ColumnsHouse(hasRoom: hasRoom)
        defer { house.close() }
        let count = 150_000
        var random = Seeded(seed: 7)
        var moments: [Int64] = []
        func texts(_ numbers: Range<Int>) -> [String] {
            numbers.map { number in
                moments.append(Int64.random(in: 0..<1_000_000, using: &random) * 1_000_000)
                let (type, time) = ("test.thing.\(["a", "b", "c"][number % 3])", Timestamp(microseconds: moments[number]).text)
                return eventJSON("\(number)", type: type, subject: "lead:\(number % 1_000)", time: time)
            }
        }
        for start in stride(from: 0, to: count, by: 10_000) {
            try await house.append(texts(start..<(start + 10_000)))
            // Each has new events, so all are merged, once they are more than may be packed beside the base.
            if start % 30_000 == 0 { #expect(try house.columns.journeys().count == 1_000) }
        }
        let journeys = try house.columns.journeys()
        #expect(journeys.map(\.count).reduce(0, +) == count)
        for journey in journeys {
            let numbers = journey.map { Int($0.row) }
            #expect(numbers.allSatisfy { $0 % 1_000 == numbers[0] % 1_000 } && Set(numbers).count == count / 1_000)
            #expect(journey.map(\.time) == numbers.map { moments[$0] })
            #expect(journey.map(\.time) == journey.map(\.time).sorted())
            #expect(journey.map(\.type) == numbers.map { journeys.table.type(EventTable.Row($0)) })
        }
        for (row, moment) in moments.enumerated() where journeys.table.time(EventTable.Row(row)) != moment {
            Issue.record("row \(row)")
        }
    }

    @Test func moreThanTheMemoryAllowsIsSaid() async throws {
        let house = try ColumnsHouse(memory: 1 << 12)
        defer { house.close() }
        try await house.append([eventJSON("1")])
        #expect(throws: ColumnsError.self) { try house.columns.journeys() }
    }

    /// Journeys with links of all kinds, events that are voided and corrected, often before they come, and values of all kinds.
    static func events(_ random: inout Seeded) -> [String] {
        var texts: [String] = []
        for number in 0..<200 {
            let subject = "\(["lead", "opportunity", "ticket"][number % 3]):\(Int.random(in: 0..<15, using: &random))"
            let account = Int.random(in: 0..<4, using: &random) == 0 ? "account:\(Int.random(in: 0..<6, using: &random))" : nil
            // Few moments, so that many events share one.
            let time = Timestamp(microseconds: Int64.random(in: 0..<100, using: &random) * 250_000).text
            let target = #""target":{"source":"/test","id":"\#(Int.random(in: 0..<200, using: &random))"},"reason":"r""#
            let (type, data): (String, String) =
                switch Int.random(in: 0..<24, using: &random) {
                case 0: ("ops.identity.linked", #"{"a":"\#(subject)","b":"lead:\#(number % 15)"}"#)
                case 1 where number % 3 == 0: ("ops.identity.unlinked", #"{"a":"\#(subject)","b":"account:\#(number % 6)"}"#)
                case 2: ("ops.record.merged", #"{"winner":"\#(subject)","losers":["ticket:\#(number % 15)"]}"#)
                case 3: ("ops.event.voided", "{\(target)}")
                case 4, 5: ("ops.event.corrected", #"{\#(target),"data":\#(Self.data(&random))}"#)
                default: ("test.thing.\(["a", "b", "c"][number % 3])", Self.data(&random))
                }
            texts.append(eventJSON("\(number)", type: type, subject: subject, account: account, time: time, data: data))
        }
        return texts
    }

    private static func data(_ random: inout Seeded) -> String {
        let n = ["0", "-0.0", "1", "3.0", "3.5", "-2", "1e3", "null", #""3""#, "true", "[3]"].randomElement(using: &random) ?? "0"
        let region = [#""north""#, #""south""#, #""w\u0065st""#, "null", "1", "{}"].randomElement(using: &random) ?? ""
        let big = ["9007199254740993", "9007199254740995", "9007199254740992"].randomElement(using: &random) ?? ""
        return Bool.random(using: &random) ? #"{"n":\#(n),"in":{"x":[1],"region":\#(region)},"big":\#(big)}"# : "{}"
    }
}

extension JSONValue {
    fileprivate var number: Double? { if case .number(let text) = self { Double(text) } else { nil } }
}

extension Journeys {
    /// The positions of each journey's events in their order; the journeys in the order of their first positions.
    var positions: [[Position]] {
        map { journey in journey.map { table.position($0.row) } }.sorted { ($0.min() ?? 0) < ($1.min() ?? 0) }
    }
}
