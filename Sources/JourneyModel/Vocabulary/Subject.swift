/// The text form `kind:id` of what an event is about: `lead:42`, `account:acme`.
package enum Subject {
    /// Longest subject, in bytes of UTF-8.
    package static let maximumLength = 512

    /// What is wrong with `text` as a subject, or nil where it is one.
    package static func fault(_ text: Span<UInt8>) -> String? {
        guard text.count <= maximumLength else { return "longer than \(maximumLength) bytes" }
        var index = 0
        while index < text.count, isKindByte(text[index], first: index == 0) { index += 1 }
        guard index > 0, index < text.count, text[index] == UInt8(ascii: ":") else {
            return "is not kind:id, such as lead:42 (the kind in lower-case letters, digits, '-' or '_')"
        }
        return index + 1 < text.count ? nil : "has no id after the kind"
    }

    /// The part before the colon.
    package static func kind(_ subject: String) -> Substring {
        subject.prefix { $0 != ":" }
    }

    /// How good a name a subject is for its whole journey; lower is better.
    package static func rank(_ subject: String) -> Int {
        switch kind(subject) {
        case "account": 0
        case "contact": 1
        case "lead": 2
        default: 3
        }
    }

    private static func isKindByte(_ byte: UInt8, first: Bool) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"): !first
        default: false
        }
    }
}
