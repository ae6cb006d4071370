/// A JSON text as a tree: for definitions, schemas and comparisons, not for the path that every event takes.
package indirect enum JSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    /// The number as it was written.
    case number(String)
    case string(String)
    case array([JSONValue])
    /// In the order of the text.
    case object([Member])

    /// A name and its value.
    package struct Member: Sendable, Equatable {
        package let name: String
        package let value: JSONValue

        package init(name: String, value: JSONValue) {
            (self.name, self.value) = (name, value)
        }
    }

    /// Reads a whole text, which must hold one value and nothing else.
    package init(_ bytes: Span<UInt8>) throws(JSONFault) {
        var index = 0
        JSONScanner.skipWhitespace(bytes, &index)
        self = try JSONValue.read(bytes, &index, depth: 0)
        JSONScanner.skipWhitespace(bytes, &index)
        guard index == bytes.count else { throw JSONFault(offset: index, reason: "text after the value") }
    }

    /// Reads a whole text.
    package init(text: String) throws(JSONFault) {
        let utf8 = Array(text.utf8)
        self = try JSONValue(utf8.span)
    }

    private static func read(_ bytes: Span<UInt8>, _ index: inout Int, depth: Int) throws(JSONFault) -> JSONValue {
        guard index < bytes.count else { throw JSONFault(offset: index, reason: "expected a value, found the end") }
        let start = index
        switch bytes[index] {
        case UInt8(ascii: "{"):
            var members: [Member] = []
            try JSONScanner.members(bytes, &index, depth: depth) { (key, index) throws(JSONFault) in
                let name = try JSONText.string(bytes, key)
                members.append(Member(name: name, value: try read(bytes, &index, depth: depth + 1)))
            }
            return .object(members)
        case UInt8(ascii: "["):
            var elements: [JSONValue] = []
            try JSONScanner.elements(bytes, &index, depth: depth) { (_, index) throws(JSONFault) in
                elements.append(try read(bytes, &index, depth: depth + 1))
            }
            return .array(elements)
        default:
            try JSONScanner.skipValue(bytes, &index, depth: depth)
            switch bytes[start] {
            case UInt8(ascii: "\""): return .string(try JSONText.string(bytes, (start + 1)..<(index - 1)))
            case UInt8(ascii: "t"): return .bool(true)
            case UInt8(ascii: "f"): return .bool(false)
            case UInt8(ascii: "n"): return .null
            default: return .number(try JSONText.string(bytes, start..<index))
            }
        }
    }

    /// The value of an object's first member of this name.
    package subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    /// The text of a string.
    package var text: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// A number that is an integer, however it is written: `5`, `5.0`, `5e0`.
    package var integer: Int? {
        guard case .number(let text) = self else { return nil }
        if let integer = Int(text) { return integer }
        // From here on a Double may not be the number that was written.
        guard let number = Double(text), abs(number) < 0x1p53 else { return nil }
        return Int(exactly: number)
    }

    /// The elements of an array.
    package var elements: [JSONValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// The members of an object.
    package var members: [Member]? {
        if case .object(let members) = self { members } else { nil }
    }

    /// Writes the value with its members in their order and its numbers as they were written.
    package func write(to writer: inout JSONWriter) {
        switch self {
        case .null: writer.null()
        case .bool(let value): writer.bool(value)
        case .number(let text): writer.raw(text)
        case .string(let text): writer.string(text)
        case .array(let elements): writer.array { for element in elements { element.write(to: &$0) } }
        case .object(let members):
            writer.object { writer in
                for member in members {
                    writer.key(member.name)
                    member.value.write(to: &writer)
                }
            }
        }
    }

    /// The same value with members sorted by name, no white space and numbers in one spelling: equal meaning, equal bytes.
    package var canonicalText: [UInt8] {
        var writer = JSONWriter()
        write(canonicalTo: &writer)
        return writer.bytes
    }

    private func write(canonicalTo writer: inout JSONWriter) {
        switch self {
        case .null: writer.null()
        case .bool(let value): writer.bool(value)
        case .number(let text):
            if let integer = Int64(text) {
                writer.number(integer)
            } else if let double = Double(text), double.isFinite {
                if let integer = Int64(exactly: double) { writer.number(integer) } else { writer.number(double) }
            } else {
                writer.raw(text)
            }
        case .string(let text): writer.string(text)
        case .array(let elements):
            writer.array { for element in elements { element.write(canonicalTo: &$0) } }
        case .object(let members):
            writer.object { writer in
                for member in members.sorted(by: { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }) {
                    writer.key(member.name)
                    member.value.write(canonicalTo: &writer)
                }
            }
        }
    }
}
