/// Writing CSV (RFC 4180, with line feeds alone).
enum CSVText {
    /// The rows, each on its line.
    static func rows(_ rows: [[String]]) -> [UInt8] {
        rows.reduce(into: []) { bytes, row in
            bytes.append(contentsOf: row.map(field).joined(separator: ",").utf8)
            bytes.append(UInt8(ascii: "\n"))
        }
    }

    private static func field(_ text: String) -> String {
        let needsQuotes = text.utf8.contains { byte in
            byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
        }
        guard needsQuotes else { return text }
        let doubled = text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
        return "\"\(doubled)\""
    }
}
