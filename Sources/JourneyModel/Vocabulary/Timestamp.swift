internal import Glibc

/// A moment: microseconds since 1970-01-01T00:00:00Z, without leap seconds. Years 0001 to 9999.
package struct Timestamp: Hashable, Comparable, Sendable {
    /// Microseconds since 1970-01-01T00:00:00Z.
    package let microseconds: Int64

    package init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    /// The wall clock.
    package static var now: Timestamp {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }

    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.microseconds < right.microseconds
    }

    /// Reads an RFC 3339 date-time, such as `2026-03-01T09:30:00.25+02:00`, or a bare date, which means its first moment in UTC.
    ///
    /// Digits beyond microseconds are cut off; second 60 (a leap second) is the first moment of the next minute.
    /// - Returns: nil where the text is not one or names a day or an hour that does not exist.
    package init?(_ text: Span<UInt8>) {
        var reader = DigitReader(count: text.count)
        guard let year = reader.number(text, 4), reader.take(text, "-"), let month = reader.number(text, 2), reader.take(text, "-"),
            let day = reader.number(text, 2), year > 0, 1...12 ~= month, 1...Timestamp.days(inMonth: month, of: year) ~= day
        else { return nil }
        let midnight = Timestamp.daysSinceEpoch(year: year, month: month, day: day) * 86_400
        if reader.isAtEnd {
            self.init(microseconds: Int64(midnight) * 1_000_000)
            return
        }
        guard reader.take(text, "T") || reader.take(text, "t") || reader.take(text, " "),
            let hour = reader.number(text, 2), reader.take(text, ":"), let minute = reader.number(text, 2), reader.take(text, ":"),
            let second = reader.number(text, 2), hour < 24, minute < 60, second <= 60,
            let fraction = reader.fraction(text), let offset = reader.offset(text), reader.isAtEnd
        else { return nil }
        let seconds = midnight + hour * 3600 + minute * 60 + second - offset
        self.init(microseconds: Int64(seconds) * 1_000_000 + Int64(fraction))
    }

    /// Reads an RFC 3339 date-time or a bare date.
    package init?(_ text: String) {
        let utf8 = Array(text.utf8)
        self.init(utf8.span)
    }

    /// The moment in UTC as RFC 3339, with as many decimals as it has.
    package var text: String {
        let (days, rest) = Timestamp.floorDivide(microseconds, 86_400_000_000)
        let (year, month, day) = Timestamp.civil(daysSinceEpoch: Int(days))
        let seconds = rest / 1_000_000
        var text = "\(Timestamp.padded(year, 4))-\(Timestamp.padded(month, 2))-\(Timestamp.padded(day, 2))T"
        text += "\(Timestamp.padded(Int(seconds / 3600), 2)):\(Timestamp.padded(Int(seconds / 60 % 60), 2)):"
        text += Timestamp.padded(Int(seconds % 60), 2)
        var fraction = Int(rest % 1_000_000)
        if fraction > 0 {
            var width = 6
            while fraction % 10 == 0 { (fraction, width) = (fraction / 10, width - 1) }
            text += "." + Timestamp.padded(fraction, width)
        }
        return text + "Z"
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    private static func floorDivide(_ value: Int64, _ by: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: by)
        return remainder < 0 ? (quotient - 1, remainder + by) : (quotient, remainder)
    }

    private static func days(inMonth month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days from 1970-01-01 in the proleptic Gregorian calendar; Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
    package static func daysSinceEpoch(year: Int, month: Int, day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// The date of a day counted from 1970-01-01, in the proleptic Gregorian calendar.
    package static func civil(daysSinceEpoch days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth + (shiftedMonth < 10 ? 3 : -9)
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }
}

/// Takes fixed-width numbers and marks off a text.
private struct DigitReader {
    private var index = 0
    private let count: Int

    init(count: Int) {
        self.count = count
    }

    var isAtEnd: Bool { index == count }

    @inline(__always)
    mutating func number(_ text: Span<UInt8>, _ width: Int) -> Int? {
        guard index + width <= count else { return nil }
        var value = 0
        for offset in 0..<width {
            let digit = Int(text[index + offset]) - 48
            guard 0...9 ~= digit else { return nil }
            value = value * 10 + digit
        }
        index += width
        return value
    }

    @inline(__always)
    mutating func take(_ text: Span<UInt8>, _ mark: Unicode.Scalar) -> Bool {
        guard index < count, text[index] == UInt8(ascii: mark) else { return false }
        index += 1
        return true
    }

    /// Microseconds; zero where no fraction follows, nil where a point is followed by no digit.
    mutating func fraction(_ text: Span<UInt8>) -> Int? {
        guard take(text, ".") else { return 0 }
        let start = index
        var value = 0
        while index < count, case let digit = Int(text[index]) - 48, 0...9 ~= digit {
            if index - start < 6 { value = value * 10 + digit }
            index += 1
        }
        guard index > start else { return nil }
        for _ in 0..<max(0, 6 - (index - start)) { value *= 10 }
        return value
    }

    /// Seconds east of UTC; nil where there is none.
    mutating func offset(_ text: Span<UInt8>) -> Int? {
        if take(text, "Z") || take(text, "z") { return 0 }
        let sign = take(text, "+") ? 1 : take(text, "-") ? -1 : 0
        guard sign != 0, let hours = number(text, 2), take(text, ":"), let minutes = number(text, 2), hours < 24, minutes < 60 else {
            return nil
        }
        return sign * (hours * 3600 + minutes * 60)
    }
}
