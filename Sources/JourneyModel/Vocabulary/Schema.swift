/// The part of JSON Schema 2020-12 that the event catalogue uses, checked over bytes in the same walk that checks the JSON itself.
///
/// Any other keyword is refused when the schema is read: a rule that is not enforced must not look as if it were. What was read lies in
/// flat tables of numbers, a node for each value that the schema speaks of, so that a check follows no references and counts none.
package final class Schema: Sendable {
    /// The kinds of JSON values.
    struct Kinds: OptionSet {
        let rawValue: UInt8
        static let object = Kinds(rawValue: 1)
        static let array = Kinds(rawValue: 2)
        static let string = Kinds(rawValue: 4)
        static let integer = Kinds(rawValue: 8)
        static let number = Kinds(rawValue: 16)
        static let boolean = Kinds(rawValue: 32)
        static let null = Kinds(rawValue: 64)
    }

    /// What is asked of one value.
    struct Node {
        var kinds: Kinds = []
        var isPersonal = false
        // Whether this value or one inside it is personal.
        var mentionsPersonal = false
        // Which of `names` are those of its members, and which the texts it may be; of these, none for any.
        var properties = 0..<0
        var choices = 0..<0
        // Of `required`; and as bits those that are declared.
        var required = 0..<0
        var requiredBits: UInt64 = 0
        var requiresUndeclared = false
        var lengths = 0...Int.max
        var range = Int.min...Int.max
        var counts = 0...Int.max
        var item: Int?

        var isTextFree: Bool { choices.isEmpty && lengths == 0...Int.max }
        var isNumberFree: Bool { (kinds.isDisjoint(with: .integer) || kinds.contains(.number)) && range == Int.min...Int.max }
    }

    /// What a check finds.
    package struct Findings: Sendable {
        /// What breaks the schema.
        package var violations: [Violation] = []
        /// Whether an object has a member that no schema speaks of.
        package var hasUndeclared = false

        package init() {}

        /// Puts the violations from `start` on under a pointer: they are put together only for the few values that are wrong.
        fileprivate mutating func move(from start: Int, under pointer: @autoclosure () -> String) {
            guard start < violations.count else { return }
            let parent = pointer()
            for place in start..<violations.count {
                violations[place] = Violation(pointer: parent + violations[place].pointer, detail: violations[place].detail)
            }
        }
    }

    // The first is the whole value.
    private let nodes: [Node]
    private let names: NameTable
    // What each node asks for, in words.
    private let kindNames: [String]
    // Names, and which of the node's properties they are; nil where the node declares none of the name.
    private let required: [(name: String, place: Int?)]
    /// Whether the type's data has had more than one version.
    let isVersioned: Bool

    /// Reads a schema.
    ///
    /// - Throws: a ``Violation`` that points at a keyword or value this reader does not know.
    package init(_ value: JSONValue, at pointer: String = "") throws(Violation) {
        var reader = SchemaReader()
        _ = try reader.add(value, at: pointer)
        (nodes, names, kindNames, required) = (reader.nodes, reader.names, reader.kindNames, reader.required)
        isVersioned = value["x-upcasts"] != nil
    }

    /// Whether the value or one inside it is personal.
    var mentionsPersonal: Bool { nodes[0].mentionsPersonal }

    /// A value that the schema speaks of.
    struct Part {
        let schema: Schema
        fileprivate let node: Int

        /// Whether it says something about a person (`x-personal`).
        var isPersonal: Bool { schema.nodes[node].isPersonal }

        /// The elements of the array, where they are spoken of.
        var item: Part? { schema.nodes[node].item.map { Part(schema: schema, node: $0) } }

        /// The member whose name stands at `key`, where it is declared.
        func property(_ bytes: Span<UInt8>, _ key: Range<Int>) -> Part? {
            schema.names.find(bytes, key, in: schema.nodes[node].properties).map { Part(schema: schema, node: schema.names.node($0)) }
        }
    }

    /// The value as a whole.
    var whole: Part { Part(schema: self, node: 0) }

    /// Whether what stands at a place is personal, or has something in it that is.
    func isPersonal(at path: [String]) -> Bool {
        var part = whole
        for name in path {
            if part.isPersonal { return true }
            let utf8 = Array(name.utf8)
            let found = part.property(utf8.span, 0..<utf8.count)
            guard let next = found else { return false }
            part = next
        }
        return nodes[part.node].mentionsPersonal
    }

    /// Moves past the value at `index`, adding what breaks the schema to `findings`.
    ///
    /// - Throws: where the text is not JSON.
    package func check(
        _ bytes: Span<UInt8>, _ index: inout Int, at pointer: String = "", depth: Int = 0, into findings: inout Findings
    ) throws(JSONFault) {
        let before = findings.violations.count
        try check(0, bytes, &index, depth, &findings)
        findings.move(from: before, under: pointer)
    }

    private func check(
        _ node: Int, _ bytes: Span<UInt8>, _ index: inout Int, _ depth: Int, _ findings: inout Findings
    ) throws(JSONFault) {
        let start = index
        guard index < bytes.count else { throw JSONFault(offset: index, reason: "expected a value, found the end") }
        let (kind, kinds) = (Schema.kind(startingWith: bytes[index]), nodes[node].kinds)
        guard kinds.isEmpty || !kinds.isDisjoint(with: kind) else {
            try JSONScanner.skipValue(bytes, &index, depth: depth)
            return findings.violations.append(Violation(pointer: "", detail: "is not \(kindNames[node])"))
        }
        switch kind {
        case .object: try checkObject(node, bytes, &index, depth, &findings)
        case .array: try checkArray(node, bytes, &index, depth, &findings)
        case .string:
            let isEscaped = try JSONScanner.skipString(bytes, &index)
            guard !nodes[node].isTextFree else { return }
            let range = (start + 1)..<(index - 1)
            guard isEscaped else { return checkText(node, bytes.extracting(range), &findings) }
            var text: [UInt8] = []
            try JSONText.decode(bytes, range, into: &text)
            checkText(node, text.span, &findings)
        default:
            try JSONScanner.skipValue(bytes, &index, depth: depth)
            guard kind.contains(.number), !nodes[node].isNumberFree else { return }
            checkNumber(node, bytes.extracting(start..<index), &findings)
        }
    }

    private func checkObject(
        _ node: Int, _ bytes: Span<UInt8>, _ index: inout Int, _ depth: Int, _ findings: inout Findings
    ) throws(JSONFault) {
        var seen: UInt64 = 0
        let properties = nodes[node].properties
        try JSONScanner.members(bytes, &index, depth: depth) { (key, index) throws(JSONFault) in
            guard let name = names.find(bytes, key, in: properties) else {
                findings.hasUndeclared = true
                return try JSONScanner.skipValue(bytes, &index, depth: depth + 1)
            }
            seen |= 1 &<< UInt64(name - properties.lowerBound)
            let before = findings.violations.count
            try check(names.node(name), bytes, &index, depth + 1, &findings)
            findings.move(from: before, under: "/" + String(decoding: bytes.extracting(key).bytes(), as: UTF8.self))
        }
        guard ~seen & nodes[node].requiredBits != 0 || nodes[node].requiresUndeclared else { return }
        for (name, place) in required[nodes[node].required] where place.map({ seen & 1 << UInt64($0) == 0 }) ?? true {
            findings.violations.append(Violation(pointer: "/\(name)", detail: "is missing"))
        }
    }

    private func checkArray(
        _ node: Int, _ bytes: Span<UInt8>, _ index: inout Int, _ depth: Int, _ findings: inout Findings
    ) throws(JSONFault) {
        var count = 0
        let item = nodes[node].item
        try JSONScanner.elements(bytes, &index, depth: depth) { (number, index) throws(JSONFault) in
            count += 1
            guard let item else { return try JSONScanner.skipValue(bytes, &index, depth: depth + 1) }
            let before = findings.violations.count
            try check(item, bytes, &index, depth + 1, &findings)
            findings.move(from: before, under: "/\(number)")
        }
        guard !nodes[node].counts.contains(count) else { return }
        findings.violations.append(Violation(pointer: "", detail: "has \(count) elements\(Schema.bounds(nodes[node].counts))"))
    }

    private func checkText(_ node: Int, _ text: Span<UInt8>, _ findings: inout Findings) {
        let choices = nodes[node].choices
        if !choices.isEmpty, names.find(text, 0..<text.count, in: choices) == nil {
            let list = choices.map { names.text($0) }.joined(separator: ", ")
            findings.violations.append(Violation(pointer: "", detail: "is not one of \(list)"))
        }
        let lengths = nodes[node].lengths
        // No text has more characters than bytes.
        guard lengths.lowerBound > 0 || text.count > lengths.upperBound else { return }
        var length = 0
        for index in 0..<text.count where text[index] & 0xC0 != 0x80 { length += 1 }
        guard !lengths.contains(length) else { return }
        findings.violations.append(Violation(pointer: "", detail: "has \(length) characters\(Schema.bounds(lengths))"))
    }

    private func checkNumber(_ node: Int, _ text: Span<UInt8>, _ findings: inout Findings) {
        let (kinds, range) = (nodes[node].kinds, nodes[node].range)
        if let number = Schema.short(text), range.contains(number) { return }
        let written = String(decoding: text.bytes(), as: UTF8.self)
        if kinds.contains(.integer), !kinds.contains(.number), Int(written) ?? Double(written).flatMap({ Int(exactly: $0) }) == nil {
            return findings.violations.append(Violation(pointer: "", detail: "is not \(kindNames[node]) of 64 bits"))
        }
        guard range != Int.min...Int.max, let number = Double(written) else { return }
        guard number < Double(range.lowerBound) || number > Double(range.upperBound) else { return }
        findings.violations.append(Violation(pointer: "", detail: "is \(written)\(Schema.bounds(range))"))
    }

    /// The number that 15 digits and no more write: it is itself as a Double, too.
    private static func short(_ text: Span<UInt8>) -> Int? {
        guard text.count <= 15 else { return nil }
        var number = 0
        for index in 0..<text.count {
            guard case let digit = Int(text[index]) - 48, 0...9 ~= digit else { return nil }
            number = number * 10 + digit
        }
        return number
    }

    private static func bounds(_ range: ClosedRange<Int>) -> String {
        let low = range.lowerBound == .min || range.lowerBound == 0 ? "" : ", at least \(range.lowerBound) asked for"
        return low + (range.upperBound == .max ? "" : ", at most \(range.upperBound) allowed")
    }

    private static func kind(startingWith byte: UInt8) -> Kinds {
        switch byte {
        case UInt8(ascii: "{"): .object
        case UInt8(ascii: "["): .array
        case UInt8(ascii: "\""): .string
        case UInt8(ascii: "t"), UInt8(ascii: "f"): .boolean
        case UInt8(ascii: "n"): .null
        default: [.integer, .number]
        }
    }
}
