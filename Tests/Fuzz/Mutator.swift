import TestSupport

/// Spoils valid inputs.
struct Mutator {
    private static let longest = 200_000
    private static let tokens =
        [
            "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\ud800", "\\ud83d\\ude00", "null", "true", "-", "0", "1e999", "-0.0",
            "1E+400",
            "9223372036854775807", "9223372036854775808", "-9223372036854775809", "18446744073709551616", "0.1e-7", "\u{0}", "\n", "\r\n",
            "\r\n\r\n", "%", "%00", "%ff", "%E2%82%AC", "&", "=", "?", "/", "*", "..", "é", "🎉", "data.", "data.a.b", "type", "where",
            "any",
            "steps", "2026-02-29T24:00:60Z", "9999-12-31T23:59:60.999999999+14:00", "-0001-01-01T00:00:00Z", "P99999999999D", "PT0S",
            "Content-Length: 0\r\n", "Content-Length: 99999999999999999999\r\n", "Transfer-Encoding: chunked\r\n",
            "Connection: upgrade\r\n",
            "ffffffffffffffff\r\n", "HTTP/1.0", "HTTP/9.9", "Expect: 100-continue\r\n",
        ].map { Array($0.utf8) } + [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xEF, 0xBB, 0xBF]]

    var random: Seeded

    /// One of the inputs, changed in some places; now and then in none.
    mutating func input(_ corpus: [[UInt8]]) -> [UInt8] {
        var bytes = pick(corpus)
        // Mostly few, so that much of it is still understood.
        for _ in 0..<number(in: 0...number(in: 0...8)) {
            change(&bytes, corpus)
            if bytes.count > Mutator.longest { bytes.removeLast(bytes.count - Mutator.longest) }
        }
        return bytes
    }

    mutating func number(in range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

    private mutating func pick<Element>(_ elements: [Element]) -> Element { elements[number(in: 0...(elements.count - 1))] }

    private mutating func change(_ bytes: inout [UInt8], _ corpus: [[UInt8]]) {
        let place = number(in: 0...bytes.count)
        switch number(in: 0...9) {
        case 0 where place < bytes.count: bytes[place] ^= 1 << UInt8(number(in: 0...7))
        case 1 where place < bytes.count: bytes[place] = UInt8(number(in: 0...255))
        case 2: bytes.insert(contentsOf: pick(Mutator.tokens), at: place)
        case 3: bytes.removeSubrange(place..<min(bytes.count, place + number(in: 0...16)))
        case 4: bytes.removeSubrange(place...)
        case 5:
            let part = bytes[place..<min(bytes.count, place + number(in: 0...64))]
            bytes.insert(contentsOf: part, at: number(in: 0...bytes.count))
        case 6:
            let other = pick(corpus)
            let start = number(in: 0...other.count)
            bytes.insert(contentsOf: other[start..<min(other.count, start + number(in: 0...200))], at: place)
        case 7: nest(&bytes, at: place)
        case 8: replaceNumber(&bytes, from: place)
        default: bytes.insert(contentsOf: repeatElement(UInt8(number(in: 32...126)), count: 1 << number(in: 0...12)), at: place)
        }
    }

    /// Brackets in brackets, closed or not.
    private mutating func nest(_ bytes: inout [UInt8], at place: Int) {
        let depth = 1 << number(in: 0...12)
        let (open, close) = pick([("[", "]"), (#"{"a":"#, "}"), (#"{"any":["#, "]}")])
        let inner = number(in: 0...1) == 0 ? String(repeating: close, count: depth) : ""
        bytes.insert(contentsOf: (String(repeating: open, count: depth) + "1" + inner).utf8, at: place)
    }

    private mutating func replaceNumber(_ bytes: inout [UInt8], from place: Int) {
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        guard let start = bytes[place...].firstIndex(where: digits.contains) else { return }
        let end = bytes[start...].firstIndex { !digits.contains($0) } ?? bytes.count
        let texts = ["", "0", "-1", "1", "4294967296", "9223372036854775807", "9223372036854775808", "1e308", "0.5", "00"]
        bytes.replaceSubrange(start..<end, with: Array(pick(texts).utf8))
    }
}
