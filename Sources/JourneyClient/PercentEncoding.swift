/// Writing text into the target of a request (RFC 3986, section 2).
public enum PercentEncoding {
    /// The text with every byte but letters, digits, `-`, `.`, `_` and `~` as `%XX`: fit for one segment of a path, or a query's value.
    public static func encode(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var encoded: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
                encoded.append(byte)
            default:
                encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    /// A path with the query's items that have a value behind it.
    static func target(_ path: String, _ query: KeyValuePairs<String, String?>) -> String {
        let items = query.compactMap { name, value in value.map { "\(encode(name))=\(encode($0))" } }
        return items.isEmpty ? path : path + (path.contains("?") ? "&" : "?") + items.joined(separator: "&")
    }
}
