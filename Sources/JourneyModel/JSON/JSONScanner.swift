/// Where a text stops being JSON, and why.
package struct JSONFault: Error, Equatable, Sendable {
    /// The offset of the offending byte.
    package let offset: Int
    /// What is wrong there, in a few words.
    package let reason: String
}

/// Walks JSON (RFC 8259) over bytes without building anything: each call checks one grammar element and moves `index` past it.
///
/// Stricter than the RFC in two points, both because text that passes here must mean the same to every reader:
/// strings must be valid UTF-8, and `\u` escapes must not leave a surrogate alone.
package enum JSONScanner {
    /// Deepest nesting of arrays and objects.
    package static let maximumDepth = 64

    @inlinable
    package static func skipWhitespace(_ bytes: Span<UInt8>, _ index: inout Int) {
        while index < bytes.count {
            let byte = bytes[index]
            // Most often there is none, and one comparison tells.
            guard byte <= 0x20, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
            index += 1
        }
    }

    /// Moves past `byte`, or throws where another stands.
    @inlinable
    package static func expect(_ byte: UInt8, _ bytes: Span<UInt8>, _ index: inout Int) throws(JSONFault) {
        guard index < bytes.count, bytes[index] == byte else { throw missing(byte, bytes, index) }
        index += 1
    }

    /// Moves past any one value. `depth` counts the arrays and objects around it.
    package static func skipValue(_ bytes: Span<UInt8>, _ index: inout Int, depth: Int = 0) throws(JSONFault) {
        guard index < bytes.count else { throw fault(bytes, index, "expected a value") }
        switch bytes[index] {
        case UInt8(ascii: "\""): _ = try skipString(bytes, &index)
        case UInt8(ascii: "{"):
            try members(bytes, &index, depth: depth) { (_, index) throws(JSONFault) in
                try skipValue(bytes, &index, depth: depth + 1)
            }
        case UInt8(ascii: "["):
            try elements(bytes, &index, depth: depth) { (_, index) throws(JSONFault) in
                try skipValue(bytes, &index, depth: depth + 1)
            }
        case UInt8(ascii: "t"): try skipWord("true", bytes, &index)
        case UInt8(ascii: "f"): try skipWord("false", bytes, &index)
        case UInt8(ascii: "n"): try skipWord("null", bytes, &index)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try skipNumber(bytes, &index)
        default: throw fault(bytes, index, "expected a value")
        }
    }

    /// Walks an object. `member` gets the range of each key's text (between the quotes, escapes not decoded) and must move past the value.
    @inlinable
    package static func members(
        _ bytes: Span<UInt8>, _ index: inout Int, depth: Int,
        _ member: (_ key: Range<Int>, _ index: inout Int) throws(JSONFault) -> Void
    ) throws(JSONFault) {
        guard depth < maximumDepth else { throw fault(bytes, index, "nested deeper than \(maximumDepth)") }
        try expect(UInt8(ascii: "{"), bytes, &index)
        skipWhitespace(bytes, &index)
        if index < bytes.count, bytes[index] == UInt8(ascii: "}") {
            index += 1
            return
        }
        while true {
            guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else { throw fault(bytes, index, "expected a member name") }
            let start = index + 1
            _ = try skipString(bytes, &index)
            let key = start..<(index - 1)
            skipWhitespace(bytes, &index)
            try expect(UInt8(ascii: ":"), bytes, &index)
            skipWhitespace(bytes, &index)
            try member(key, &index)
            skipWhitespace(bytes, &index)
            guard index < bytes.count, bytes[index] == UInt8(ascii: ",") else { break }
            index += 1
            skipWhitespace(bytes, &index)
        }
        try expect(UInt8(ascii: "}"), bytes, &index)
    }

    /// Walks an array. `element` gets each element's number and must move past its value.
    @inlinable
    package static func elements(
        _ bytes: Span<UInt8>, _ index: inout Int, depth: Int,
        _ element: (_ number: Int, _ index: inout Int) throws(JSONFault) -> Void
    ) throws(JSONFault) {
        guard depth < maximumDepth else { throw fault(bytes, index, "nested deeper than \(maximumDepth)") }
        try expect(UInt8(ascii: "["), bytes, &index)
        skipWhitespace(bytes, &index)
        if index < bytes.count, bytes[index] == UInt8(ascii: "]") {
            index += 1
            return
        }
        var number = 0
        while true {
            try element(number, &index)
            number += 1
            skipWhitespace(bytes, &index)
            guard index < bytes.count, bytes[index] == UInt8(ascii: ",") else { break }
            index += 1
            skipWhitespace(bytes, &index)
        }
        try expect(UInt8(ascii: "]"), bytes, &index)
    }

    /// Moves past a string, quotes included.
    ///
    /// - Returns: whether it holds escapes, so that callers copy most strings without decoding.
    @inlinable @inline(__always)
    package static func skipString(_ bytes: Span<UInt8>, _ index: inout Int) throws(JSONFault) -> Bool {
        try expect(UInt8(ascii: "\""), bytes, &index)
        index = endOfPlain(bytes, index)
        guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else { return try skipRest(bytes, &index) }
        index += 1
        return false
    }

    /// Moves past what is left of a string behind its first plain characters.
    @usableFromInline @inline(never)
    static func skipRest(_ bytes: Span<UInt8>, _ index: inout Int) throws(JSONFault) -> Bool {
        var isEscaped = false
        while true {
            guard index < bytes.count else { throw fault(bytes, index, "string without end") }
            switch bytes[index] {
            case UInt8(ascii: "\""):
                index += 1
                return isEscaped
            case UInt8(ascii: "\\"):
                isEscaped = true
                try skipEscape(bytes, &index)
            case ..<0x20: throw fault(bytes, index, "control character in a string")
            default: try skipMultibyte(bytes, &index)
            }
            index = endOfPlain(bytes, index)
        }
    }

    /// Where the run of characters that stand for themselves ends, from `start` on: ASCII without controls, quotes and backslashes.
    ///
    /// Eight at a time (Lamport 1975, "Multiple byte processing with full-word instructions").
    @inlinable @inline(__always)
    static func endOfPlain(_ bytes: Span<UInt8>, _ start: Int) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        var index = start
        while bytes.count - index >= 8 {
            let word = bytes.word(at: index)
            // The top bit of each byte that is below the subtrahend, or was set. A borrow comes from such a byte only, so the lowest is right.
            let quotes = (word ^ ones &* UInt64(UInt8(ascii: "\""))) &- ones
            let backslashes = (word ^ ones &* UInt64(UInt8(ascii: "\\"))) &- ones
            let controls = word &- ones &* 0x20
            let marked = (quotes | backslashes | controls | word) & (ones &* 0x80)
            guard marked == 0 else { return index + marked.trailingZeroBitCount / 8 }
            index += 8
        }
        while index < bytes.count, case let byte = bytes[index], byte >= 0x20, byte < 0x80, byte != UInt8(ascii: "\""),
            byte != UInt8(ascii: "\\")
        {
            index += 1
        }
        return index
    }

    private static func skipEscape(_ bytes: Span<UInt8>, _ index: inout Int) throws(JSONFault) {
        let start = index
        index += 1
        guard index < bytes.count else { throw fault(bytes, index, "string without end") }
        switch bytes[index] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            index += 1
        case UInt8(ascii: "u"):
            index = start
            _ = try unicodeEscape(bytes, &index)
        default:
            throw fault(bytes, start, "unknown escape")
        }
    }

    /// Reads `\uXXXX`, or two of them where the first is a high surrogate.
    static func unicodeEscape(_ bytes: Span<UInt8>, _ index: inout Int) throws(JSONFault) -> UInt32 {
        let start = index
        let high = try hexadecimal(bytes, &index)
        guard 0xD800...0xDFFF ~= high else { return high }
        guard high < 0xDC00, index < bytes.count, bytes[index] == UInt8(ascii: "\\") else {
            throw fault(bytes, start, "surrogate without its partner")
        }
        let low = try hexadecimal(bytes, &index)
        guard 0xDC00...0xDFFF ~= low else { throw fault(bytes, start, "surrogate without its partner") }
        return 0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)
    }

    private static func hexadecimal(_ bytes: Span<UInt8>, _ index: inout Int) throws(JSONFault) -> UInt32 {
        guard index + 6 <= bytes.count, bytes[index + 1] == UInt8(ascii: "u") else {
            throw fault(bytes, index, "escape cut short")
        }
        var value: UInt32 = 0
        for offset in 2..<6 {
            let digit: UInt32
            switch bytes[index + offset] {
            case let byte where byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9"): digit = UInt32(byte - UInt8(ascii: "0"))
            case let byte where byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "f"): digit = UInt32(byte - UInt8(ascii: "a") + 10)
            case let byte where byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "F"): digit = UInt32(byte - UInt8(ascii: "A") + 10)
            default: throw fault(bytes, index + offset, "expected a hexadecimal digit")
            }
            value = value << 4 | digit
        }
        index += 6
        return value
    }

    /// The well-formed byte sequences of The Unicode Standard, table 3-7.
    private static func skipMultibyte(_ bytes: Span<UInt8>, _ index: inout Int) throws(JSONFault) {
        let first = bytes[index]
        let (count, secondLow, secondHigh): (Int, UInt8, UInt8)
        switch first {
        case 0xC2...0xDF: (count, secondLow, secondHigh) = (2, 0x80, 0xBF)
        case 0xE0: (count, secondLow, secondHigh) = (3, 0xA0, 0xBF)
        case 0xE1...0xEC, 0xEE...0xEF: (count, secondLow, secondHigh) = (3, 0x80, 0xBF)
        case 0xED: (count, secondLow, secondHigh) = (3, 0x80, 0x9F)
        case 0xF0: (count, secondLow, secondHigh) = (4, 0x90, 0xBF)
        case 0xF1...0xF3: (count, secondLow, secondHigh) = (4, 0x80, 0xBF)
        case 0xF4: (count, secondLow, secondHigh) = (4, 0x80, 0x8F)
        default: throw fault(bytes, index, "not UTF-8")
        }
        guard index + count <= bytes.count, bytes[index + 1] >= secondLow, bytes[index + 1] <= secondHigh else {
            throw fault(bytes, index, "not UTF-8")
        }
        for offset in 2..<max(count, 2) {
            guard bytes[index + offset] & 0xC0 == 0x80 else { throw fault(bytes, index, "not UTF-8") }
        }
        index += count
    }

    private static func skipNumber(_ bytes: Span<UInt8>, _ index: inout Int) throws(JSONFault) {
        if bytes[index] == UInt8(ascii: "-") { index += 1 }
        if index < bytes.count, bytes[index] == UInt8(ascii: "0") {
            index += 1
        } else {
            try skipDigits(bytes, &index)
        }
        if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
            index += 1
            try skipDigits(bytes, &index)
        }
        if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
            index += 1
            if index < bytes.count, bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-") { index += 1 }
            try skipDigits(bytes, &index)
        }
    }

    private static func skipDigits(_ bytes: Span<UInt8>, _ index: inout Int) throws(JSONFault) {
        let start = index
        while index < bytes.count, bytes[index] >= UInt8(ascii: "0"), bytes[index] <= UInt8(ascii: "9") { index += 1 }
        guard index > start else { throw fault(bytes, index, "expected a digit") }
    }

    private static func skipWord(_ word: StaticString, _ bytes: Span<UInt8>, _ index: inout Int) throws(JSONFault) {
        let end = index + word.utf8CodeUnitCount
        guard end <= bytes.count, JSONText.equals(bytes, index..<end, word) else { throw fault(bytes, index, "expected a value") }
        index = end
    }

    @usableFromInline @inline(never)
    static func missing(_ byte: UInt8, _ bytes: Span<UInt8>, _ index: Int) -> JSONFault {
        fault(bytes, index, "expected '\(Character(UnicodeScalar(byte)))'")
    }

    @usableFromInline @inline(never)
    static func fault(_ bytes: Span<UInt8>, _ index: Int, _ reason: String) -> JSONFault {
        JSONFault(offset: index, reason: index < bytes.count ? reason : reason + ", found the end")
    }
}
