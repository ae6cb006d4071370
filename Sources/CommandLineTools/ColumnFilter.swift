internal import JourneyModel

/// What a template does with the text of a column.
enum ColumnFilter: Equatable, Sendable {
    /// Leaves it as it is.
    case asIs
    /// The calendar day in UTC of a date or a moment.
    case date
    /// An integer.
    case int
    /// A number as JSON writes it.
    case number
    /// A truth value, from one of the usual spellings.
    case bool
    /// A decimal amount in minor units: shifted by so many decimals, exactly.
    case minor(Int)
    /// In lower case.
    case lower

    /// Reads what stands after the bar in `{column|…}`.
    init?(name: Substring) {
        switch name {
        case "date": self = .date
        case "int": self = .int
        case "number": self = .number
        case "bool": self = .bool
        case "lower": self = .lower
        default:
            guard name.hasPrefix("minor:"), let decimals = Int(name.dropFirst(6)), 0...4 ~= decimals else { return nil }
            self = .minor(decimals)
        }
    }

    /// All filters, for messages.
    static let names = "date, int, number, bool, minor:0 to minor:4 and lower"

    /// What the text becomes: a number or a truth value where the filter makes one, otherwise a string.
    func value(_ text: String) throws(ImportFault) -> EventValue {
        switch self {
        case .asIs: return .string(text)
        case .lower: return .string(text.lowercased())
        case .date: return .string(String(try ColumnFilter.moment(text).text.prefix(10)))
        case .int: return .number(String(try ColumnFilter.integer(text, shiftedBy: 0)))
        case .minor(let decimals): return .number(String(try ColumnFilter.integer(text, shiftedBy: decimals)))
        case .number:
            guard case .number(let number) = try? JSONValue(text: text) else { throw ImportFault("is not a number") }
            return .number(number)
        case .bool:
            switch text.lowercased() {
            case "true", "t", "yes", "y", "1": return .bool(true)
            case "false", "f", "no", "n", "0": return .bool(false)
            default: throw ImportFault("is not a truth value")
            }
        }
    }

    /// Reads a date or a date-time; one that names no offset from UTC is taken to be in UTC.
    static func moment(_ text: String) throws(ImportFault) -> Timestamp {
        guard let moment = Timestamp(text) ?? Timestamp(text + "Z") else {
            throw ImportFault("is not a date or a date and time, such as 2026-03-01 or 2026-03-01 09:30:00")
        }
        return moment
    }

    /// Reads a decimal number times ten to the power of `decimals`, which must be an integer of 64 bits.
    private static func integer(_ text: String, shiftedBy decimals: Int) throws(ImportFault) -> Int64 {
        var digits = text[...]
        let isNegative = digits.first == "-"
        if isNegative || digits.first == "+" { digits.removeFirst() }
        let parts = digits.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 } }) else {
            throw ImportFault("is not a decimal number such as 1234.50")
        }
        let fraction = parts.count > 1 ? parts[1] : ""
        guard fraction.dropFirst(decimals).allSatisfy({ $0 == "0" }) else {
            throw ImportFault(decimals == 0 ? "is not an integer" : "has more than \(decimals) decimals")
        }
        let kept = fraction.prefix(decimals)
        let shifted = parts[0] + kept + String(repeating: "0", count: decimals - kept.count)
        guard let value = Int64((isNegative ? "-" : "") + shifted) else { throw ImportFault("is too large") }
        return value
    }
}
