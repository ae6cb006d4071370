/// Lengths of time as people type them: `30d`, `36h`, `2w`, `90min`, `45s`, or ISO 8601's `P30D`.
package enum SpanText {
    /// The length in ISO 8601; nil where the text is not one.
    ///
    /// An ISO 8601 text is handed on as it is: who uses it checks it.
    package static func iso(_ text: String) -> String? {
        if text.hasPrefix("P") { return text }
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int(digits), number > 0 else { return nil }
        return switch text.dropFirst(digits.count) {
        case "s": "PT\(number)S"
        case "min": "PT\(number)M"
        case "h": "PT\(number)H"
        case "d": "P\(number)D"
        case "w": "P\(number)W"
        default: nil
        }
    }
}
