/// An entry in the native protocol of systemd's journal: fields with names and values, in one datagram.
///
/// A value without a line feed is written `NAME=value`; any other as the name, a line feed, eight bytes of length (little-endian) and
/// the value. (systemd.io/JOURNAL_NATIVE_PROTOCOL)
struct JournalEntry {
    /// Longer values are cut. With as many fields as there are, an entry stays below what a datagram may have (208 KiB).
    static let maximumValue = 16 << 10

    private(set) var bytes: [UInt8] = []

    /// Adds a field.
    ///
    /// - Parameter name: of capital letters, digits and underscores; what else there is becomes an underscore.
    mutating func add(_ name: String, _ value: String) {
        let value = JournalEntry.cut(value)
        bytes += JournalEntry.name(name)
        if value.contains(UInt8(ascii: "\n")) {
            bytes.append(UInt8(ascii: "\n"))
            let count = UInt64(value.count)
            bytes += (0..<8).map { UInt8(truncatingIfNeeded: count >> ($0 * 8)) }
        } else {
            bytes.append(UInt8(ascii: "="))
        }
        bytes += value
        bytes.append(UInt8(ascii: "\n"))
    }

    private static func cut(_ text: String) -> [UInt8] {
        let value = Array(text.utf8)
        guard value.count > maximumValue else { return value }
        let mark = Array(" … cut".utf8)
        var end = maximumValue - mark.count
        // Not in the middle of a character.
        while end > 0, value[end] & 0xC0 == 0x80 { end -= 1 }
        return value[..<end] + mark
    }

    private static func name(_ text: String) -> [UInt8] {
        text.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): byte
            case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - 32
            default: UInt8(ascii: "_")
            }
        }
    }
}
