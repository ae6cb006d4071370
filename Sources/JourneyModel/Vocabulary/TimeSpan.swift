/// A fixed length of time in ISO 8601's notation: `P30D`, `PT36H`, `P1DT12H`, `P2W`.
package struct TimeSpan: Hashable, Sendable {
    /// The length.
    package let microseconds: Int64

    /// Longest span: a hundred years, so that sums with any timestamp cannot overflow.
    package static let maximumMicroseconds: Int64 = 36_525 * 86_400_000_000

    /// Reads weeks, days, hours, minutes and seconds. Years and months are refused: their length depends on the date.
    package init?(_ text: String) {
        var total: Int64 = 0
        var number: Int64?
        var inTime = false
        var allowed: [Character] = ["W", "D"]
        guard text.first == "P", text.count > 2 else { return nil }
        for character in text.dropFirst() {
            if let digit = character.wholeNumberValue, character.isASCII {
                let next = (number ?? 0) * 10 + Int64(digit)
                guard next < 10_000_000_000 else { return nil }
                number = next
            } else if character == "T", !inTime, number == nil {
                inTime = true
                allowed = ["H", "M", "S"]
            } else {
                guard let value = number, let unit = TimeSpan.unit(character), let place = allowed.firstIndex(of: character) else {
                    return nil
                }
                allowed.removeFirst(place + 1)
                let (product, overflow) = value.multipliedReportingOverflow(by: unit)
                guard !overflow, product <= TimeSpan.maximumMicroseconds else { return nil }
                total += product
                number = nil
            }
        }
        guard number == nil, text.last != "T", total <= TimeSpan.maximumMicroseconds else { return nil }
        microseconds = total
    }

    private static func unit(_ character: Character) -> Int64? {
        switch character {
        case "W": 604_800_000_000
        case "D": 86_400_000_000
        case "H": 3_600_000_000
        case "M": 60_000_000
        case "S": 1_000_000
        default: nil
        }
    }
}
