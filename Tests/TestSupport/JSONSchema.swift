internal import Foundation
package import JourneyModel

/// Checks JSON against a schema of an OpenAPI 3.1 document: the part of JSON Schema 2020-12 that the document uses. A keyword that is not
/// known is a fault of its own, as it would be a rule that nobody checks.
package struct JSONSchema {
    private static let annotations: Set<String> = ["description", "examples", "title", "format"]

    private let document: JSONValue

    package init(document: JSONValue) {
        self.document = document
    }

    /// What of `value` breaks `schema`; empty where nothing does.
    package func faults(_ value: JSONValue, _ schema: JSONValue, at pointer: String = "") -> [String] {
        if let reference = schema["$ref"]?.text { return faults(value, resolve(reference), at: pointer) }
        return (schema.members ?? []).flatMap { keyword -> [String] in
            switch keyword.name {
            case "type": type(value, keyword.value, pointer)
            case "enum": keyword.value.elements?.contains(value) == true ? [] : ["\(pointer) is not one of the enumeration"]
            case "const": keyword.value == value ? [] : ["\(pointer) is not the constant"]
            case "minimum", "maximum", "exclusiveMinimum", "minLength", "maxLength", "minItems", "maxItems", "minProperties", "pattern":
                bound(value, keyword, pointer)
            case "required":
                (keyword.value.elements ?? []).compactMap(\.text).filter { value.members != nil && value[$0] == nil }
                    .map { "\(pointer)/\($0) is missing" }
            case "properties":
                (keyword.value.members ?? []).flatMap { property in
                    value[property.name].map { faults($0, property.value, at: "\(pointer)/\(property.name)") } ?? []
                }
            case "patternProperties", "additionalProperties", "dependentRequired": members(value, schema, keyword, pointer)
            case "items":
                (value.elements ?? []).enumerated().flatMap { faults($1, keyword.value, at: "\(pointer)/\($0)") }
            case "anyOf", "oneOf": alternatives(value, keyword, pointer)
            default: JSONSchema.annotations.contains(keyword.name) ? [] : ["the schema at \(pointer) has the keyword \(keyword.name)"]
            }
        }
    }

    /// What a reference such as `#/components/schemas/Event` stands for.
    package func resolve(_ reference: String) -> JSONValue {
        reference.split(separator: "/").dropFirst().reduce(document) { $0[String($1)] ?? .null }
    }

    private func type(_ value: JSONValue, _ keyword: JSONValue, _ pointer: String) -> [String] {
        let names = keyword.text.map { [$0] } ?? keyword.elements?.compactMap(\.text) ?? []
        let isOne = names.contains { name in
            switch (name, value) {
            case ("object", .object), ("array", .array), ("string", .string), ("boolean", .bool), ("null", .null), ("number", .number): true
            case ("integer", .number(let text)): Int(text) != nil
            default: false
            }
        }
        return isOne ? [] : ["\(pointer) is not \(names.joined(separator: " or "))"]
    }

    private func bound(_ value: JSONValue, _ keyword: JSONValue.Member, _ pointer: String) -> [String] {
        let isKept: Bool
        switch (keyword.name, value, keyword.value) {
        case ("pattern", .string(let text), .string(let pattern)):
            isKept = (try? NSRegularExpression(pattern: pattern))?.firstMatch(in: text, range: NSRange(text.startIndex..., in: text)) != nil
        case ("minimum", .number(let number), .number(let limit)): isKept = (Double(number) ?? .nan) >= (Double(limit) ?? .nan)
        case ("exclusiveMinimum", .number(let number), .number(let limit)): isKept = (Double(number) ?? .nan) > (Double(limit) ?? .nan)
        case ("maximum", .number(let number), .number(let limit)): isKept = (Double(number) ?? .nan) <= (Double(limit) ?? .nan)
        case ("minLength", .string(let text), .number(let limit)): isKept = text.unicodeScalars.count >= Int(limit) ?? .max
        case ("maxLength", .string(let text), .number(let limit)): isKept = text.unicodeScalars.count <= Int(limit) ?? -1
        case ("minItems", .array(let elements), .number(let limit)): isKept = elements.count >= Int(limit) ?? .max
        case ("maxItems", .array(let elements), .number(let limit)): isKept = elements.count <= Int(limit) ?? -1
        case ("minProperties", .object(let members), .number(let limit)): isKept = members.count >= Int(limit) ?? .max
        default: isKept = true
        }
        return isKept ? [] : ["\(pointer) breaks \(keyword.name)"]
    }

    private func members(_ value: JSONValue, _ schema: JSONValue, _ keyword: JSONValue.Member, _ pointer: String) -> [String] {
        let patterns = (schema["patternProperties"]?.members ?? []).compactMap { member in
            (try? NSRegularExpression(pattern: member.name)).map { (pattern: $0, schema: member.value) }
        }
        return (value.members ?? []).flatMap { member -> [String] in
            let range = NSRange(member.name.startIndex..., in: member.name)
            let matching = patterns.filter { $0.pattern.firstMatch(in: member.name, range: range) != nil }
            switch keyword.name {
            case "patternProperties": return matching.flatMap { faults(member.value, $0.schema, at: "\(pointer)/\(member.name)") }
            case "additionalProperties":
                let isKnown = schema["properties"]?[member.name] != nil || !matching.isEmpty || keyword.value != .bool(false)
                return isKnown ? [] : ["\(pointer)/\(member.name) is not declared"]
            default:
                let needed = keyword.value[member.name]?.elements?.compactMap(\.text) ?? []
                return needed.filter { value[$0] == nil }.map { "\(pointer)/\($0) is missing" }
            }
        }
    }

    private func alternatives(_ value: JSONValue, _ keyword: JSONValue.Member, _ pointer: String) -> [String] {
        let found = (keyword.value.elements ?? []).map { faults(value, $0, at: pointer) }
        let matching = found.count { $0.isEmpty }
        guard matching == 0 || keyword.name == "oneOf" && matching > 1 else { return [] }
        return ["\(pointer) matches \(matching) alternatives"] + (found.min { $0.count < $1.count } ?? [])
    }
}
