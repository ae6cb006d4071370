/// The hours in which somebody works: a week that repeats, in a fixed offset from UTC, without holidays.
///
/// Waits are measured in them where a question says so: what comes in on Friday evening and is answered on Monday morning has not waited for
/// a weekend. The offset is fixed, so summer time is not followed: an hour's error at the edges of a day.
package struct BusinessHours: Sendable, Equatable {
    /// Most holidays.
    package static let maximumHolidays = 10_000

    private static let day: Int64 = 86_400_000_000
    // Monday 1969-12-29T00:00:00Z.
    private static let origin: Int64 = -3 * day

    // Microseconds to add to UTC.
    private let offset: Int64
    // By weekday from Monday: microseconds of the day at which work begins and ends; equal where there is none.
    private let opens: [Int64]
    private let closes: [Int64]
    // By weekday, open time of the week before it; the last is the whole week's.
    private let before: [Int64]
    // Days from the origin that are holidays on which there would be work, ascending, and the open time of all up to each.
    private let holidays: [Int]
    private let lost: [Int64]

    /// - Parameters:
    ///   - week: for each day from Monday, the microseconds from midnight at which work begins and ends; nil for a day off.
    ///   - offset: microseconds east of UTC.
    ///   - holidays: days counted from 1970-01-01 in local time.
    package init(week: [ClosedRange<Int64>?], offset: Int64, holidays: [Int]) {
        precondition(week.count == 7, "a week has seven days")
        self.offset = offset
        let (opens, closes) = (week.map { $0?.lowerBound ?? 0 }, week.map { $0?.upperBound ?? 0 })
        var before: [Int64] = [0]
        for day in 0..<7 { before.append(before[day] + closes[day] - opens[day]) }
        let days = Set(holidays.map { $0 + 3 }).sorted().filter { closes[BusinessHours.weekday($0)] > opens[BusinessHours.weekday($0)] }
        var lost: [Int64] = [0]
        for day in days { lost.append(lost[lost.count - 1] + closes[BusinessHours.weekday(day)] - opens[BusinessHours.weekday(day)]) }
        (self.opens, self.closes, self.before, self.holidays, self.lost) = (opens, closes, before, days, lost)
    }

    /// Open time between two moments, both in microseconds since 1970; negative where the second is the earlier.
    ///
    /// - Complexity: O(log holidays).
    package func duration(from start: Int64, to end: Int64) -> Int64 {
        open(until: end) - open(until: start)
    }

    /// Open time from the origin.
    private func open(until time: Int64) -> Int64 {
        let local = time + offset - BusinessHours.origin
        let day = Int(local >= 0 ? local / BusinessHours.day : (local + 1) / BusinessHours.day - 1)
        let weekday = BusinessHours.weekday(day)
        let week = Int64((day - weekday) / 7)
        let inDay = local - Int64(day) * BusinessHours.day
        let today = min(max(inDay, opens[weekday]), closes[weekday]) - opens[weekday]
        var (low, high) = (0, holidays.count)
        while low < high {
            let middle = (low + high) / 2
            if holidays[middle] < day { low = middle + 1 } else { high = middle }
        }
        let isHoliday = low < holidays.count && holidays[low] == day
        // Holidays before the origin are taken away as well: both ends of a span lose the same.
        return week * before[7] + before[weekday] + (isHoliday ? 0 : today) - lost[low]
    }

    private static func weekday(_ day: Int) -> Int {
        let rest = day % 7
        return rest < 0 ? rest + 7 : rest
    }
}
