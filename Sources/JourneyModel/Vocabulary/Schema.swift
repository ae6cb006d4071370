/// A fault in an event: where (a JSON pointer, RFC 6901), what, and the code that a rejected line carries.
package struct Violation: Error, Equatable, Sendable {
    package let pointer: String
    package let detail: String
    package var code = "invalid-event"

    package init(pointer: String, detail: String, code: String = "invalid-event") {
        self.pointer = pointer
        self.detail = detail
        self.code = code
    }
}

/// The part of JSON Schema 2020-12 that the event catalogue uses, checked over bytes in the same walk that checks the JSON itself.
///
/// Any other keyword is refused when the schema is read: a rule that is not enforced must not look as if it were.
package struct Schema: Sendable {
    private struct Kinds: OptionSet {
        let rawValue: UInt8
        static let object = Kinds(rawValue: 1)
        static let array = Kinds(rawValue: 2)
        static let string = Kinds(rawValue: 4)
        static let integer = Kinds(rawValue: 8)
        static let number = Kinds(rawValue: 16)
        static let boolean = Kinds(rawValue: 32)
        static let null = Kinds(rawValue: 64)
    }

    private struct Property {
        let name: [UInt8]
        let schema: Schema
    }

    private var kinds: Kinds = []
    private var kindNames = "any value"
    private var properties: [Property] = []
    private var required: [String] = []
    // Which of the properties those are; for a name that is not declared, none.
    private var requiredPlaces: [Int?] = []
    private var choices: [String] = []
    private var lengths = 0...Int.max
    private var range = Int.min...Int.max
    private var counts = 0...Int.max
    private var items: [Schema] = []
    /// Whether this value says something about a person (`x-personal`).
    package private(set) var isPersonal = false

    /// What a check finds.
    package struct Findings: Sendable {
        /// What breaks the schema.
        package var violations: [Violation] = []
        /// Whether an object has a member that no schema speaks of.
        package var hasUndeclared = false

        package init() {}
    }

    /// Whether this value or one inside it is personal.
    private(set) var mentionsPersonal = false

    /// The schema of an array's elements, where it has one.
    var item: Schema? { items.first }

    /// The schema of the member whose name stands at `key`, where it is declared.
    func property(_ bytes: Span<UInt8>, _ key: Range<Int>) -> Schema? {
        properties.first { Schema.equals(bytes, key, $0.name) }?.schema
    }

    /// Whether what stands at a place is personal, or has something in it that is.
    func isPersonal(at path: [String]) -> Bool {
        var schema = self
        for name in path {
            if schema.isPersonal { return true }
            guard let next = schema.properties.first(where: { $0.name.elementsEqual(name.utf8) }) else { return false }
            schema = next.schema
        }
        return schema.isPersonal || schema.mentionsPersonal
    }

    private static let annotations: Set<String> = [
        "$schema", "$id", "title", "description", "format", "examples", "x-counterexamples", "x-upcasts",
    ]

    /// Reads a schema.
    ///
    /// - Throws: a ``Violation`` that points at a keyword or value this reader does not know.
    package init(_ value: JSONValue, at pointer: String = "") throws(Violation) {
        guard let members = value.members else { throw Violation(pointer: pointer, detail: "is not an object") }
        for member in members where !Schema.annotations.contains(member.name) {
            try read(member, at: "\(pointer)/\(member.name)")
        }
        requiredPlaces = required.map { name in properties.firstIndex { $0.name.elementsEqual(name.utf8) } }
        mentionsPersonal =
            isPersonal || properties.contains { $0.schema.mentionsPersonal } || items.contains(where: \.mentionsPersonal)
        if properties.count > 64 { throw Violation(pointer: pointer, detail: "has more than 64 properties") }
    }

    private mutating func read(_ member: JSONValue.Member, at pointer: String) throws(Violation) {
        let unreadable = Violation(pointer: pointer, detail: "is not a value this keyword takes")
        switch member.name {
        case "type":
            let names = member.value.text.map { [$0] } ?? member.value.elements?.compactMap(\.text) ?? []
            for name in names { kinds.insert(try Schema.kind(name, at: pointer)) }
            kindNames = names.joined(separator: " or ")
        case "properties":
            for property in member.value.members ?? [] {
                let schema = try Schema(property.value, at: "\(pointer)/\(property.name)")
                properties.append(Property(name: Array(property.name.utf8), schema: schema))
            }
        case "required":
            guard let names = member.value.elements?.compactMap(\.text) else { throw unreadable }
            required = names
        case "enum":
            guard let values = member.value.elements?.compactMap(\.text), !values.isEmpty else { throw unreadable }
            choices = values
        case "items": items = [try Schema(member.value, at: pointer)]
        case "x-personal": isPersonal = member.value == .bool(true)
        default:
            guard let number = member.value.integer else { throw unreadable }
            try read(bound: member.name, number, at: pointer)
        }
    }

    private mutating func read(bound name: String, _ number: Int, at pointer: String) throws(Violation) {
        switch name {
        case "minimum": range = number...max(number, range.upperBound)
        case "maximum": range = min(number, range.lowerBound)...number
        case "minLength": lengths = number...max(number, lengths.upperBound)
        case "maxLength": lengths = min(number, lengths.lowerBound)...number
        case "minItems": counts = number...max(number, counts.upperBound)
        case "maxItems": counts = min(number, counts.lowerBound)...number
        default: throw Violation(pointer: pointer, detail: "is not a keyword that is enforced")
        }
    }

    private static func kind(_ name: String, at pointer: String) throws(Violation) -> Kinds {
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

    /// Moves past the value at `index`, adding what breaks the schema to `findings`.
    ///
    /// - Throws: where the text is not JSON.
    package func check(
        _ bytes: Span<UInt8>, _ index: inout Int, at pointer: String, depth: Int = 0, into findings: inout Findings
    ) throws(JSONFault) {
        let start = index
        guard index < bytes.count else { throw JSONFault(offset: index, reason: "expected a value, found the end") }
        let kind = Schema.kind(startingWith: bytes[index])
        guard kinds.isEmpty || !kinds.isDisjoint(with: kind) else {
            try JSONScanner.skipValue(bytes, &index, depth: depth)
            findings.violations.append(Violation(pointer: pointer, detail: "is not \(kindNames)"))
            return
        }
        switch kind {
        case .object: try checkObject(bytes, &index, at: pointer, depth: depth, into: &findings)
        case .array: try checkArray(bytes, &index, at: pointer, depth: depth, into: &findings)
        default: try JSONScanner.skipValue(bytes, &index, depth: depth)
        }
        if kind == .string, !choices.isEmpty || lengths != 0...Int.max {
            checkString(try JSONText.string(bytes, (start + 1)..<(index - 1)), at: pointer, into: &findings)
        } else if kind.contains(.integer), !kinds.contains(.number) || range != Int.min...Int.max {
            checkNumber(bytes, start..<index, at: pointer, into: &findings)
        }
    }

    private func checkObject(
        _ bytes: Span<UInt8>, _ index: inout Int, at pointer: String, depth: Int, into findings: inout Findings
    ) throws(JSONFault) {
        var seen: UInt64 = 0
        try JSONScanner.members(bytes, &index, depth: depth) { (key, index) throws(JSONFault) in
            guard let place = properties.firstIndex(where: { Schema.equals(bytes, key, $0.name) }) else {
                findings.hasUndeclared = true
                return try JSONScanner.skipValue(bytes, &index, depth: depth + 1)
            }
            seen |= 1 << UInt64(place)
            let schema = properties[place].schema
            let before = findings.violations.count
            try schema.check(bytes, &index, at: "", depth: depth + 1, into: &findings)
            // Pointers are put together only for the few values that are wrong.
            for place in before..<findings.violations.count {
                let name = String(decoding: bytes.extracting(key).bytes(), as: UTF8.self)
                findings.violations[place] = Violation(
                    pointer: "\(pointer)/\(name)\(findings.violations[place].pointer)", detail: findings.violations[place].detail)
            }
        }
        for (index, place) in requiredPlaces.enumerated() where place.map({ seen & 1 << UInt64($0) == 0 }) ?? true {
            findings.violations.append(Violation(pointer: "\(pointer)/\(required[index])", detail: "is missing"))
        }
    }

    private func checkArray(
        _ bytes: Span<UInt8>, _ index: inout Int, at pointer: String, depth: Int, into findings: inout Findings
    ) throws(JSONFault) {
        var count = 0
        try JSONScanner.elements(bytes, &index, depth: depth) { (number, index) throws(JSONFault) in
            count += 1
            guard let item = items.first else { return try JSONScanner.skipValue(bytes, &index, depth: depth + 1) }
            try item.check(bytes, &index, at: "\(pointer)/\(number)", depth: depth + 1, into: &findings)
        }
        guard !counts.contains(count) else { return }
        findings.violations.append(Violation(pointer: pointer, detail: "has \(count) elements\(Schema.bounds(counts))"))
    }

    private func checkString(_ text: String, at pointer: String, into findings: inout Findings) {
        if !choices.isEmpty, !choices.contains(text) {
            findings.violations.append(Violation(pointer: pointer, detail: "is not one of \(choices.joined(separator: ", "))"))
        }
        let length = text.unicodeScalars.count
        if !lengths.contains(length) {
            findings.violations.append(Violation(pointer: pointer, detail: "has \(length) characters\(Schema.bounds(lengths))"))
        }
    }

    private func checkNumber(_ bytes: Span<UInt8>, _ text: Range<Int>, at pointer: String, into findings: inout Findings) {
        let written = String(decoding: bytes.extracting(text).bytes(), as: UTF8.self)
        if kinds.contains(.integer), !kinds.contains(.number), Int(written) ?? Double(written).flatMap({ Int(exactly: $0) }) == nil {
            return findings.violations.append(Violation(pointer: pointer, detail: "is not \(kindNames) of 64 bits"))
        }
        guard range != Int.min...Int.max, let number = Double(written) else { return }
        guard number < Double(range.lowerBound) || number > Double(range.upperBound) else { return }
        findings.violations.append(Violation(pointer: pointer, detail: "is \(written)\(Schema.bounds(range))"))
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

    private static func equals(_ bytes: Span<UInt8>, _ range: Range<Int>, _ name: [UInt8]) -> Bool {
        guard range.count == name.count else { return false }
        for offset in 0..<name.count where bytes[range.lowerBound + offset] != name[offset] { return false }
        return true
    }
}

extension Span<UInt8> {
    /// A copy that can leave the scope.
    package func bytes() -> [UInt8] {
        unsafe withUnsafeBufferPointer { unsafe Array($0) }
    }
}
