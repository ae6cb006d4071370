/// A value that a condition compares with.
package enum ScalarValue: Sendable, Hashable {
    case null
    case bool(Bool)
    case number(Double)
    /// An integer beyond 2⁵³, where doubles have gaps.
    case integer(Int64)
    case text(String)

    var propertyText: PropertyText? {
        switch self {
        case .null, .number: nil
        case .bool(let flag): .bool(flag)
        case .integer(let integer): .integer(integer)
        case .text(let text): .text(text)
        }
    }
}

/// What a condition asks of a value. Numbers compare with numbers, texts with texts, byte by byte in UTF-8; other pairs compare as neither.
package enum ValueTest: Sendable, Hashable {
    case exists
    case equals(ScalarValue)
    case among([ScalarValue])
    case less(ScalarValue)
    case lessOrEqual(ScalarValue)
    case greater(ScalarValue)
    case greaterOrEqual(ScalarValue)
    case prefix(String)

    /// Whether a field without a value passes. `null` equals nothing there.
    package var passesNone: Bool {
        switch self {
        case .equals(let value): value == .null
        case .among(let values): values.contains(.null)
        default: false
        }
    }

    /// The values that pass, where they can be named.
    var wanted: [ScalarValue]? {
        switch self {
        case .equals(let value): [value]
        case .among(let values): values
        default: nil
        }
    }

    /// Whether a number passes.
    package func passes(_ number: Double) -> Bool {
        switch self {
        case .exists: true
        case .equals(let value): value == .number(number)
        case .among(let values): values.contains(.number(number))
        case .less(let limit): compare(.number(number), limit) { $0 < $1 }
        case .lessOrEqual(let limit): compare(.number(number), limit) { $0 <= $1 }
        case .greater(let limit): compare(.number(number), limit) { $0 > $1 }
        case .greaterOrEqual(let limit): compare(.number(number), limit) { $0 >= $1 }
        case .prefix: false
        }
    }

    /// Whether another value passes.
    package func passes(_ value: PropertyText) -> Bool {
        switch self {
        case .exists: return true
        case .equals(let wanted): return wanted.propertyText == value && value != .composite
        case .among(let wanted): return value != .composite && wanted.contains { $0.propertyText == value }
        case .prefix(let prefix):
            guard case .text(let text) = value else { return false }
            return text.utf8.starts(with: prefix.utf8)
        case .less(let limit): return compare(value.scalar, limit) { $0 < $1 }
        case .lessOrEqual(let limit): return compare(value.scalar, limit) { $0 <= $1 }
        case .greater(let limit): return compare(value.scalar, limit) { $0 > $1 }
        case .greaterOrEqual(let limit): return compare(value.scalar, limit) { $0 >= $1 }
        }
    }

    /// Applies `holds` to the order of the two, as a number less than, equal to or greater than zero, and zero.
    private func compare(_ value: ScalarValue, _ limit: ScalarValue, _ holds: (Int, Int) -> Bool) -> Bool {
        switch (value, limit) {
        case (.text(let text), .text(let limit)): holds(ValueTest.order(text.utf8, limit.utf8), 0)
        case (.number(let number), .number(let limit)): holds(number < limit ? -1 : number > limit ? 1 : 0, 0)
        case (.integer(let integer), .integer(let limit)): holds(integer < limit ? -1 : integer > limit ? 1 : 0, 0)
        // A double within 2⁵³ and an integer beyond it are never equal, and one beyond it is compared as it is.
        case (.integer(let integer), .number(let limit)): holds(ValueTest.order(integer, limit), 0)
        case (.number(let number), .integer(let limit)): holds(-ValueTest.order(limit, number), 0)
        default: false
        }
    }

    private static func order(_ integer: Int64, _ number: Double) -> Int {
        if number >= 0x1p63 { return -1 }
        if number < -0x1p63 { return 1 }
        let whole = Int64(number.rounded(.down))
        return integer < whole ? -1 : integer > whole ? 1 : number > Double(whole) ? -1 : 0
    }

    private static func order(_ left: String.UTF8View, _ right: String.UTF8View) -> Int {
        left.lexicographicallyPrecedes(right) ? -1 : right.lexicographicallyPrecedes(left) ? 1 : 0
    }
}

extension PropertyColumn {
    /// What a value is; an object or array is told as null.
    package func scalar(_ value: PropertyValue) -> ScalarValue {
        value.number.map { .number($0) } ?? text(value)?.scalar ?? .null
    }
}

extension PropertyText {
    /// What it is to a condition; an object or array is null.
    package var scalar: ScalarValue {
        switch self {
        case .text(let text): .text(text)
        case .bool(let flag): .bool(flag)
        case .integer(let integer): .integer(integer)
        case .composite: .null
        }
    }
}
