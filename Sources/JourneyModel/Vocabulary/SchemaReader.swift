/// Turns a JSON Schema into the tables of ``Schema``.
struct SchemaReader {
    private static let annotations: Set<String> = [
        "$schema", "$id", "title", "description", "format", "examples", "x-counterexamples", "x-upcasts",
    ]

    private(set) var nodes: [Schema.Node] = []
    private(set) var names = NameTable()
    private(set) var kindNames: [String] = []
    private(set) var required: [(name: String, place: Int?)] = []

    /// Adds the node of a value, and those of what is in it.
    ///
    /// - Throws: a ``Violation`` that points at a keyword or value that is not known.
    mutating func add(_ value: JSONValue, at pointer: String) throws(Violation) -> Int {
        guard let members = value.members else { throw Violation(pointer: pointer, detail: "is not an object") }
        let place = nodes.count
        nodes.append(Schema.Node())
        kindNames.append("any value")
        var node = Schema.Node()
        for member in members where !SchemaReader.annotations.contains(member.name) {
            try read(member, into: &node, place, at: "\(pointer)/\(member.name)")
        }
        let children = node.properties.map { names.node($0) } + [node.item].compactMap(\.self)
        node.mentionsPersonal = node.isPersonal || children.contains { nodes[$0].mentionsPersonal }
        addRequired(value["required"]?.elements?.compactMap(\.text) ?? [], to: &node)
        if node.properties.count > 64 { throw Violation(pointer: pointer, detail: "has more than 64 properties") }
        nodes[place] = node
        return place
    }

    private mutating func addRequired(_ list: [String], to node: inout Schema.Node) {
        let start = required.count
        for name in list {
            let found = node.properties.firstIndex { names.text($0) == name }.map { $0 - node.properties.lowerBound }
            if let found { node.requiredBits |= 1 << UInt64(found) } else { node.requiresUndeclared = true }
            required.append((name, found))
        }
        node.required = start..<required.count
    }

    private mutating func read(
        _ member: JSONValue.Member, into node: inout Schema.Node, _ place: Int, at pointer: String
    ) throws(Violation) {
        let unreadable = Violation(pointer: pointer, detail: "is not a value this keyword takes")
        switch member.name {
        case "type":
            let kinds = member.value.text.map { [$0] } ?? member.value.elements?.compactMap(\.text) ?? []
            for kind in kinds { node.kinds.insert(try SchemaReader.kind(kind, at: pointer)) }
            kindNames[place] = kinds.joined(separator: " or ")
        case "properties":
            var children: [(name: String, node: Int)] = []
            for property in member.value.members ?? [] {
                children.append((property.name, try add(property.value, at: "\(pointer)/\(property.name)")))
            }
            node.properties = names.add(children)
        case "required": guard member.value.elements != nil else { throw unreadable }
        case "enum":
            guard let values = member.value.elements?.compactMap(\.text), !values.isEmpty else { throw unreadable }
            node.choices = names.add(values.map { ($0, 0) })
        case "items": node.item = try add(member.value, at: pointer)
        case "x-personal": node.isPersonal = member.value == .bool(true)
        default:
            guard let number = member.value.integer else { throw unreadable }
            try SchemaReader.read(bound: member.name, number, into: &node, at: pointer)
        }
    }

    private static func read(
        bound name: String, _ number: Int, into node: inout Schema.Node, at pointer: String
    ) throws(Violation) {
        switch name {
        case "minimum": node.range = number...max(number, node.range.upperBound)
        case "maximum": node.range = min(number, node.range.lowerBound)...number
        case "minLength": node.lengths = number...max(number, node.lengths.upperBound)
        case "maxLength": node.lengths = min(number, node.lengths.lowerBound)...number
        case "minItems": node.counts = number...max(number, node.counts.upperBound)
        case "maxItems": node.counts = min(number, node.counts.lowerBound)...number
        default: throw Violation(pointer: pointer, detail: "is not a keyword that is enforced")
        }
    }

    private static func kind(_ name: String, at pointer: String) throws(Violation) -> Schema.Kinds {
        switch name {
        case "object": return .object
        case "array": return .array
        case "string": return .string
        case "integer": return .integer
        case "number": return [.number, .integer]
        case "boolean": return .boolean
        case "null": return .null
        default: throw Violation(pointer: pointer, detail: "'\(name)' is not a type")
        }
    }
}

/// Names, each with a node, in lists one behind the other; found again by their first eight bytes and their length.
struct NameTable: Sendable {
    private struct Name {
        // The first eight bytes, the first lowest; zeros behind a shorter name.
        let word: UInt64
        let range: Range<Int>
        let node: Int
    }

    private var names: [Name] = []
    private var arena: [UInt8] = []

    /// Adds a list of names.
    ///
    /// - Returns: their numbers.
    mutating func add(_ list: [(name: String, node: Int)]) -> Range<Int> {
        let start = names.count
        for (name, node) in list {
            let range = arena.count..<(arena.count + name.utf8.count)
            arena += Array(name.utf8)
            names.append(Name(word: arena.span.prefix(range), range: range, node: node))
        }
        return start..<names.count
    }

    /// The number of the name that stands at `range`, among those of `list`. Escapes are not decoded: a name spelt with them is none.
    @inline(__always)
    func find(_ bytes: Span<UInt8>, _ range: Range<Int>, in list: Range<Int>) -> Int? {
        let (word, count) = (bytes.prefix(range), range.count)
        for number in list where names[number].word == word && names[number].range.count == count {
            if count <= 8 || isEqual(number, bytes, range) { return number }
        }
        return nil
    }

    /// The node of a name.
    func node(_ number: Int) -> Int { names[number].node }

    /// A name's text.
    func text(_ number: Int) -> String { String(decoding: arena[names[number].range], as: UTF8.self) }

    private func isEqual(_ number: Int, _ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        let start = names[number].range.lowerBound
        for offset in 8..<range.count where arena[start + offset] != bytes[range.lowerBound + offset] { return false }
        return true
    }
}
