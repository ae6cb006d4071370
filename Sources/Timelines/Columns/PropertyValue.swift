internal import JourneyModel

/// The value of a field in one event, in 8 bytes: a number, a symbol of its ``PropertyColumn``, or nothing.
///
/// A double that is not a number has room for 51 bits: a symbol is one of those. `null` is nothing, as an unknown is never a value.
package struct PropertyValue: Hashable, Sendable {
    let bits: UInt64

    private static let symbolMark: UInt64 = 0xFFF8_0000_0000_0000
    static let noSymbol = UInt32.max

    /// The field is not there, or is null.
    package static let none = PropertyValue(symbol: noSymbol)

    init(bits: UInt64) {
        self.bits = bits
    }

    init(symbol: UInt32) {
        bits = PropertyValue.symbolMark | UInt64(symbol)
    }

    init(number: Double) {
        // One zero: the two are equal.
        bits = number == 0 ? 0 : number.bitPattern
    }

    /// The number, if it is one.
    package var number: Double? { bits & PropertyValue.symbolMark == PropertyValue.symbolMark ? nil : Double(bitPattern: bits) }

    /// The symbol, if it is one; ``noSymbol`` where there is no value.
    var symbol: UInt32? { bits & PropertyValue.symbolMark == PropertyValue.symbolMark ? UInt32(truncatingIfNeeded: bits) : nil }

    /// Whether the field has no value.
    package var isNone: Bool { self == .none }
}

/// A value that a symbol stands for: what is not a number that a double holds exactly.
package enum PropertyText: Sendable, Equatable {
    case text(String)
    case bool(Bool)
    /// An integer beyond 2⁵³, where doubles have gaps.
    case integer(Int64)
    /// An object or an array: it is there, and equal to nothing.
    case composite

    // The first byte of the symbol's text.
    private static let textTag = UInt8(ascii: "s")
    private static let boolTag = UInt8(ascii: "b")
    private static let integerTag = UInt8(ascii: "i")
    private static let compositeTag = UInt8(ascii: "c")

    /// The bytes that are interned.
    package var key: [UInt8] {
        switch self {
        case .text(let text): [PropertyText.textTag] + Array(text.utf8)
        case .bool(let flag): [PropertyText.boolTag, flag ? 1 : 0]
        case .integer(let integer): [PropertyText.integerTag] + Array(String(integer).utf8)
        case .composite: [PropertyText.compositeTag]
        }
    }

    package init(key: Span<UInt8>) {
        switch key[0] {
        case PropertyText.textTag: self = .text(String(decoding: key.extracting(1..<key.count).bytes(), as: UTF8.self))
        case PropertyText.boolTag: self = .bool(key[1] == 1)
        case PropertyText.integerTag: self = .integer(Int64(String(decoding: key.extracting(1..<key.count).bytes(), as: UTF8.self)) ?? 0)
        default: self = .composite
        }
    }

    /// Appends the key of the value at `range`, or gives the number that it is.
    ///
    /// - Returns: the number; nil where `key` was filled, or left empty for null.
    static func read(_ bytes: Span<UInt8>, _ range: Range<Int>, key: inout [UInt8]) -> Double? {
        switch bytes[range.lowerBound] {
        case UInt8(ascii: "\""):
            key.append(textTag)
            // It passed the reader before it was stored.
            try? JSONText.decode(bytes, (range.lowerBound + 1)..<(range.upperBound - 1), into: &key)
        case UInt8(ascii: "t"): key += [boolTag, 1]
        case UInt8(ascii: "f"): key += [boolTag, 0]
        case UInt8(ascii: "n"): break
        case UInt8(ascii: "{"), UInt8(ascii: "["): key.append(compositeTag)
        default: return number(String(decoding: bytes.extracting(range).bytes(), as: UTF8.self), key: &key)
        }
        return nil
    }

    private static func number(_ text: String, key: inout [UInt8]) -> Double? {
        guard let integer = Int64(text) else { return Double(text) }
        if let exact = Double(exactly: integer) { return exact }
        key += PropertyText.integer(integer).key
        return nil
    }
}
