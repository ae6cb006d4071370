internal import JourneyModel

extension FunnelDefinition.Trend {
    private static let dayLength: Int64 = 86_400_000_000

    /// The first moment in UTC of the day, the week (which begins on Monday, as ISO 8601 has it) or the month of a moment.
    func firstDay(of microseconds: Int64) -> Int64 {
        var days = microseconds / Self.dayLength
        if microseconds % Self.dayLength < 0 { days -= 1 }
        switch self {
        case .day: break
        case .week:
            // 1970-01-01 was a Thursday.
            let weekday = (days + 3) % 7
            days -= weekday < 0 ? weekday + 7 : weekday
        case .month: return Timestamp(microseconds: microseconds).firstOfMonth.microseconds
        }
        return days * Self.dayLength
    }
}
