/// Finds the values in `data` that say something about a person: declared so by the schema, by an undeclared field's name, or because they
/// hold an e-mail address.
///
/// One walk over text that was checked before, about a nanosecond a byte.
struct PersonalFinder {
    private let names: PersonalNames
    private(set) var found: [Range<Int>] = []

    init(names: PersonalNames) {
        self.names = names
    }

    /// Walks the value at `index`, which is a schema's `part`; nil where none speaks of it.
    mutating func walk(_ text: Span<UInt8>, _ index: inout Int, _ part: Schema.Part?) throws(JSONFault) {
        let start = index
        switch text[index] {
        case UInt8(ascii: "{"):
            try JSONScanner.members(text, &index, depth: 0) { (key, index) throws(JSONFault) in
                let declared = part?.property(text, key)
                guard declared?.isPersonal ?? names.contains(text, key) else { return try walk(text, &index, declared) }
                let start = index
                try JSONScanner.skipValue(text, &index)
                // A null says nothing.
                if text[start] != UInt8(ascii: "n") { found.append(start..<index) }
            }
        case UInt8(ascii: "["):
            try JSONScanner.elements(text, &index, depth: 0) { (_, index) throws(JSONFault) in try walk(text, &index, part?.item) }
        default:
            try JSONScanner.skipValue(text, &index)
            if PersonalFinder.holdsAddress(text.extracting(start..<index)) { found.append(start..<index) }
        }
    }

    /// Whether a text holds an e-mail address: something, an at sign, something, a dot, something.
    static func holdsAddress(_ text: Span<UInt8>) -> Bool {
        guard let at = text.firstIndex(of: UInt8(ascii: "@")), at > 0, at + 2 <= text.count else { return false }
        return (at + 2..<text.count).dropLast().contains { text[$0] == UInt8(ascii: ".") }
    }
}

extension Subject {
    /// Whether the name itself tells who a person is: it holds an e-mail address.
    package static func isPersonal(_ text: Span<UInt8>) -> Bool {
        PersonalFinder.holdsAddress(text)
    }
}
