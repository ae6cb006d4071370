/// A line of a spool's file: the checksum of an event in eight hexadecimal digits, a space, the event, a line feed.
enum SpoolLine {
    private static let digits = Array("0123456789abcdef".utf8)
    private static let prefix = 9
    /// How many bytes a line has beside its event.
    static let overhead = prefix + 1

    /// Appends the line of an event.
    static func write(_ event: [UInt8], to bytes: inout [UInt8]) {
        let checksum = CRC32.checksum(event[...])
        for shift in stride(from: 28, through: 0, by: -4) { bytes.append(digits[Int(checksum >> UInt32(shift) & 15)]) }
        bytes.append(UInt8(ascii: " "))
        bytes.append(contentsOf: event)
        bytes.append(UInt8(ascii: "\n"))
    }

    /// The event of a line without its line feed; nil where it is not what was written.
    static func read(_ line: ArraySlice<UInt8>) -> [UInt8]? {
        guard line.count >= prefix, line[line.startIndex + prefix - 1] == UInt8(ascii: " ") else { return nil }
        let written = UInt32(String(decoding: line.prefix(prefix - 1), as: UTF8.self), radix: 16)
        let event = line.dropFirst(prefix)
        return written == CRC32.checksum(event) ? Array(event) : nil
    }
}

/// The checksum of Ethernet, zip and PNG.
enum CRC32 {
    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
    }

    static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        let table = table
        return ~bytes.reduce(~UInt32(0)) { value, byte in table[Int(UInt8(truncatingIfNeeded: value) ^ byte)] ^ value >> 8 }
    }
}
