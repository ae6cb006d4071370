internal import JourneyModel

/// Days, weeks and months of the calendar in UTC, counted from 1970; weeks begin on Monday (ISO 8601).
package enum CalendarPeriod: String, Sendable, CaseIterable {
    case day, week, month

    private static let dayLength: Int64 = 86_400_000_000

    /// The number of the period that a moment, in microseconds since 1970, lies in.
    package func number(of time: Int64) -> Int {
        let days = CalendarPeriod.floorDivide(time, CalendarPeriod.dayLength)
        switch self {
        case .day: return Int(days)
        // 1970-01-01 was a Thursday.
        case .week: return Int(CalendarPeriod.floorDivide(days + 3, 7))
        case .month:
            let (year, month, _) = Timestamp.civil(daysSinceEpoch: Int(days))
            return (year - 1970) * 12 + month - 1
        }
    }

    /// The first moment of a period, in microseconds since 1970.
    package func start(_ number: Int) -> Int64 {
        switch self {
        case .day: return Int64(number) * CalendarPeriod.dayLength
        case .week: return (Int64(number) * 7 - 3) * CalendarPeriod.dayLength
        case .month:
            let year = CalendarPeriod.floorDivide(Int64(number), 12)
            let month = Int64(number) - year * 12
            return Int64(Timestamp.daysSinceEpoch(year: Int(year) + 1970, month: Int(month) + 1, day: 1)) * CalendarPeriod.dayLength
        }
    }

    /// The first moment of the period that a moment lies in, both in microseconds since 1970.
    func firstDay(of time: Int64) -> Int64 { start(number(of: time)) }

    /// The length of a period that does not follow the calendar: a month has 30 days.
    package var microseconds: Int64 {
        switch self {
        case .day: CalendarPeriod.dayLength
        case .week: 7 * CalendarPeriod.dayLength
        case .month: 30 * CalendarPeriod.dayLength
        }
    }

    private static func floorDivide(_ value: Int64, _ by: Int64) -> Int64 {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: by)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
