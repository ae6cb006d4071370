import JourneyModel
import Questions
import TestSupport
import Testing

@Suite struct BusinessHoursTests {
    private static let hour: Int64 = 3_600_000_000
    // Monday to Friday from nine to five, an hour east of UTC, Good Friday off.
    private static let office = BusinessHours(
        week: Array(repeating: 9 * hour...17 * hour, count: 5) + [nil, nil], offset: hour,
        holidays: [Timestamp.daysSinceEpoch(year: 2026, month: 4, day: 3)])

    // 2026-03-02 is a Monday.
    @Test(arguments: [
        ("2026-03-02T08:00:00Z", "2026-03-02T09:30:00Z", 1.5), ("2026-03-02T00:00:00Z", "2026-03-02T23:00:00Z", 8),
        ("2026-03-06T15:00:00Z", "2026-03-09T09:00:00Z", 2), ("2026-03-07T00:00:00Z", "2026-03-08T23:00:00Z", 0),
        ("2026-03-02T00:00:00Z", "2026-03-16T00:00:00Z", 80), ("2026-03-30T00:00:00Z", "2026-04-06T00:00:00Z", 32),
        ("2026-04-03T09:00:00Z", "2026-04-03T12:00:00Z", 0), ("2026-03-02T12:00:00Z", "2026-03-02T10:00:00Z", -2),
        ("1969-12-31T00:00:00Z", "1970-01-02T00:00:00Z", 16),
    ])
    func waitsAreMeasuredInOpenTime(from: String, to: String, hours: Double) throws {
        let (from, to) = (try #require(Timestamp(from)), try #require(Timestamp(to)))
        #expect(Self.office.duration(from: from.microseconds, to: to.microseconds) == Int64(hours * Double(Self.hour)))
    }

    @Test func equalsCountingHours() {
        var random = Seeded(seed: 7)
        for _ in 0..<300 {
            let start = Int64.random(in: -3000...3000, using: &random)
            let end = start + Int64.random(in: 0...500, using: &random)
            let open = (start..<end).count { hour in
                let local = hour + 1
                let day = Int((Double(local) / 24).rounded(.down))
                let weekday = ((day + 3) % 7 + 7) % 7
                return weekday < 5 && 9..<17 ~= local - Int64(day) * 24
            }
            #expect(Self.office.duration(from: start * Self.hour, to: end * Self.hour) == Int64(open) * Self.hour)
        }
    }
}
