internal import Glibc

/// Decoding and comparing string content in scanned JSON, and quoting it again.
package enum JSONText {
    /// Appends the text of a scanned string (the range between its quotes) with its escapes decoded.
    package static func decode(_ bytes: Span<UInt8>, _ range: Range<Int>, into target: inout [UInt8]) throws(JSONFault) {
        var index = range.lowerBound
        while index < range.upperBound {
            let byte = bytes[index]
            guard byte == UInt8(ascii: "\\") else {
                target.append(byte)
                index += 1
                continue
            }
            switch bytes[index + 1] {
            case UInt8(ascii: "b"): target.append(0x08)
            case UInt8(ascii: "f"): target.append(0x0C)
            case UInt8(ascii: "n"): target.append(0x0A)
            case UInt8(ascii: "r"): target.append(0x0D)
            case UInt8(ascii: "t"): target.append(0x09)
            case UInt8(ascii: "u"):
                let scalar = try JSONScanner.unicodeEscape(bytes, &index)
                target.append(contentsOf: (UnicodeScalar(scalar) ?? "\u{FFFD}").utf8)
                continue
            default: target.append(bytes[index + 1])
            }
            index += 2
        }
    }

    /// The decoded text of a scanned string.
    package static func string(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(JSONFault) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(range.count)
        try decode(bytes, range, into: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Whether the bytes of `range` are `word`. Escapes are not decoded: a key spelt with escapes matches nothing.
    @inline(__always)
    package static func equals(_ bytes: Span<UInt8>, _ range: Range<Int>, _ word: StaticString) -> Bool {
        guard range.count == word.utf8CodeUnitCount else { return false }
        // Of a word known at compile time, this is a comparison or two of numbers.
        return unsafe bytes.extracting(range).withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return true }
            return unsafe memcmp(start, word.utf8Start, bytes.count) == 0
        }
    }

    /// Appends `text` as a JSON string with quotes, escaping what RFC 8259 requires and nothing else.
    package static func quote(_ text: Span<UInt8>, into target: inout [UInt8]) {
        target.append(UInt8(ascii: "\""))
        for index in 0..<text.count {
            let byte = text[index]
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                target.append(UInt8(ascii: "\\"))
                target.append(byte)
            case 0x0A: target.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "n")])
            case 0x0D: target.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "r")])
            case 0x09: target.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "t")])
            case 0..<0x20:
                let digits = Array("0123456789abcdef".utf8)
                target.append(contentsOf: Array("\\u00".utf8))
                target.append(digits[Int(byte >> 4)])
                target.append(digits[Int(byte & 15)])
            default: target.append(byte)
            }
        }
        target.append(UInt8(ascii: "\""))
    }
}
