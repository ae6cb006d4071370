import JourneyModel
import Questions
import TestSupport
import Testing

@Suite struct RetentionTests {
    private static let day: Int64 = 86_400_000_000

    private static func moment(_ text: String) throws -> Int64 {
        try #require(Timestamp(text)).microseconds
    }

    /// The answer's row of all: returned/complete by bucket.
    private static func row(_ retention: Retention) throws -> [String] {
        var writer = JSONWriter()
        writer.object { retention.write(to: &$0) }
        let answer = try JSONValue(writer.bytes.span)
        return (answer["all"]?["buckets"]?.elements ?? []).map { bucket in
            let mark = bucket["incomplete"] == .bool(true) ? "*" : ""
            return "\(bucket["returned"]?.integer ?? -1)/\(bucket["complete"]?.integer ?? -1)\(mark)"
        }
    }

    private static func retention(
        _ mode: Retention.Definition.Mode, _ buckets: Retention.Definition.Buckets, _ period: CalendarPeriod, at: String
    ) throws -> Retention {
        var definition = Retention.Definition()
        (definition.mode, definition.buckets, definition.period, definition.count) = (mode, buckets, period, 4)
        return Retention(definition, at: try moment(at))
    }

    // One started on Wednesday 2026-03-04 12:00 and returned on days 1, 8 and 22; judged on day 30.
    @Test(arguments: [
        (Retention.Definition.Mode.on, Retention.Definition.Buckets.rolling, CalendarPeriod.week, ["1/1", "1/1", "0/1", "1/1"]),
        (.onOrAfter, .rolling, .week, ["1/1", "1/1", "1/1", "1/1"]),
        // The week of 2 March, then 9, 16 and 23 March: day 8 is the 12th, day 22 the 26th.
        (.on, .calendar, .week, ["1/1", "1/1", "0/1", "1/1"]),
        (.on, .rolling, .month, ["1/1", "0/0*", "0/0*", "0/0*"]),
        (.on, .calendar, .month, ["1/1", "0/0*", "0/0*", "0/0*"]),
        (.on, .rolling, .day, ["0/1", "1/1", "0/1", "0/1"]),
        (.on, .calendar, .day, ["0/1", "1/1", "0/1", "0/1"]),
        (.onOrAfter, .calendar, .day, ["1/1", "1/1", "1/1", "1/1"]),
    ])
    func bucketsByHand(
        mode: Retention.Definition.Mode, buckets: Retention.Definition.Buckets, period: CalendarPeriod, expected: [String]
    ) throws {
        var retention = try Self.retention(mode, buckets, period, at: "2026-04-03T12:00:00Z")
        let start = try Self.moment("2026-03-04T12:00:00Z")
        retention.add(start: start, returns: [1, 8, 22].map { start + $0 * Self.day })
        #expect(try Self.row(retention) == expected)
    }

    @Test func whatIsNotOverIsMarkedAndDoesNotLowerTheRate() throws {
        var retention = try Self.retention(.on, .rolling, .week, at: "2026-03-20")
        let (early, late) = (try Self.moment("2026-03-02"), try Self.moment("2026-03-12"))
        retention.add(start: early, returns: [early + Self.day, early + 8 * Self.day])
        retention.add(start: late, returns: [late + Self.day])
        #expect(try Self.row(retention) == ["2/2", "1/1*", "0/0*", "0/0*"])
        #expect(retention.cohorts.count == 2)
        // What comes behind the moment is not known then.
        var before = try Self.retention(.on, .rolling, .week, at: "2026-03-03")
        before.add(start: early, returns: [early + 8 * Self.day])
        #expect(try Self.row(before) == ["0/0*", "0/0*", "0/0*", "0/0*"])
    }

    @Test func calendarPeriodsPartTime() throws {
        for period in CalendarPeriod.allCases {
            for number in [-1000, -12, -1, 0, 1, 11, 12, 675, 20_000] {
                let (start, end) = (period.start(number), period.start(number + 1))
                #expect(period.number(of: start) == number && period.number(of: end - 1) == number && period.number(of: end) == number + 1)
            }
        }
        #expect(CalendarPeriod.week.start(CalendarPeriod.week.number(of: try Self.moment("2026-03-04"))) == (try Self.moment("2026-03-02")))
        #expect(
            CalendarPeriod.month.start(CalendarPeriod.month.number(of: try Self.moment("2024-02-29"))) == (try Self.moment("2024-02-01")))
    }

    @Test func equalsTheReferenceInAnyGrouping() throws {
        for seed in UInt64(1)...300 {
            var random = Seeded(seed: seed)
            var definition = Retention.Definition()
            definition.mode = Bool.random(using: &random) ? .on : .onOrAfter
            definition.buckets = Bool.random(using: &random) ? .rolling : .calendar
            definition.period = CalendarPeriod.allCases.randomElement(using: &random) ?? .day
            definition.count = Int.random(in: 1...6, using: &random)
            let at = Int64.random(in: 0...200, using: &random) * Self.day
            let journeys = (0..<20).map { _ in
                let start = Int64.random(in: -50...150, using: &random) * Self.day + Int64.random(in: 0..<Self.day, using: &random)
                return (
                    start,
                    (0..<Int.random(in: 0...8, using: &random)).map { _ in start + Int64.random(in: 0...90 * Self.day, using: &random) }
                        .sorted()
                )
            }
            var (whole, first, second) = (Retention(definition, at: at), Retention(definition, at: at), Retention(definition, at: at))
            for (index, journey) in journeys.enumerated() {
                whole.add(start: journey.0, returns: journey.1)
                if index % 2 == 0 {
                    first.add(start: journey.0, returns: journey.1)
                } else {
                    second.add(start: journey.0, returns: journey.1)
                }
            }
            first.merge(second)
            #expect(first.cohorts == whole.cohorts, "seed \(seed)")
            let row = try Self.row(whole)
            for bucket in 0..<definition.count {
                func bounds(_ start: Int64) -> (from: Int64, to: Int64) {
                    if definition.buckets == .rolling {
                        let length = definition.period.microseconds
                        return (start + Int64(bucket) * length, start + Int64(bucket + 1) * length)
                    }
                    let number = definition.period.number(of: start)
                    return (definition.period.start(number + bucket), definition.period.start(number + bucket + 1))
                }
                let returned = journeys.count { start, returns in
                    let (from, to) = bounds(start)
                    return returns.contains { $0 <= at && $0 >= max(from, start) && (definition.mode == .onOrAfter || $0 < to) }
                }
                let complete = journeys.count { bounds($0.0).to <= at }
                let mark = complete < journeys.count ? "*" : ""
                #expect(row[bucket] == "\(returned)/\(complete)\(mark)", "seed \(seed) bucket \(bucket)")
            }
        }
    }
}
