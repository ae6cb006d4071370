internal import CommandLineTools
internal import JourneyModel

/// An event type of the catalogue, in the forms in which it is read.
struct CatalogueEntry {
    private static let preface = """
        # Event catalogue

        The event types that journeyd knows, made from `schemas/events/` by `journeyctl catalogue --format markdown`. Each is a CloudEvent of
        this `type`; the tables tell what its `data` holds. Data that breaks its schema is refused. Other types are stored as they are.

        """

    let type: String
    let schema: JSONValue

    /// A member of the data.
    private struct Field {
        let name: String
        let kind: String
        let isRequired: Bool
        let isPersonal: Bool
        let description: String
    }

    private var title: String { schema["title"]?.text ?? "" }
    private var description: String { schema["description"]?.text ?? "" }
    private var department: Substring { type.prefix { $0 != "." } }

    private var fields: [Field] { CatalogueEntry.fields(of: schema, under: "") }

    /// Members, and those of objects in them behind a dot.
    private static func fields(of schema: JSONValue, under prefix: String) -> [Field] {
        let required = (schema["required"]?.elements ?? []).compactMap(\.text)
        return (schema["properties"]?.members ?? []).flatMap { member in
            let value = member.value
            let field = Field(
                name: prefix + member.name, kind: kind(value), isRequired: required.contains(member.name),
                isPersonal: value["x-personal"] == .bool(true), description: value["description"]?.text ?? "")
            return [field] + fields(of: value, under: "\(prefix)\(member.name).")
        }
    }

    private static func kind(_ schema: JSONValue) -> String {
        let choices = (schema["enum"]?.elements ?? []).map(\.cell)
        if !choices.isEmpty { return choices.joined(separator: " or ") }
        let names = schema["type"]?.text.map { [$0] } ?? (schema["type"]?.elements ?? []).compactMap(\.text)
        return names.isEmpty ? "any" : names.joined(separator: " or ")
    }

    /// The schema on one line.
    var line: String {
        var writer = JSONWriter()
        schema.write(to: &writer)
        return String(decoding: writer.bytes, as: UTF8.self) + "\n"
    }

    /// The types with their titles.
    static func table(_ entries: [CatalogueEntry]) -> String {
        var table = Table([.init("type"), .init("means"), .init("data must have")])
        for entry in entries {
            table.append([
                entry.type, entry.title,
                entry.fields.filter { $0.isRequired && !$0.name.contains(".") }.map(\.name).joined(separator: ", "),
            ])
        }
        return table.styled
    }

    /// One type with all there is to say.
    var details: String {
        var table = Table([.init("data"), .init("is"), .init(""), .init("means")])
        for field in fields {
            let marks = [field.isRequired ? "required" : "", field.isPersonal ? "personal" : ""].filter { !$0.isEmpty }
            table.append([field.name, field.kind, marks.joined(separator: ", "), field.description])
        }
        let examples = (schema["examples"]?.elements ?? []).map { "  \($0.cell)\n" }
        return Style.strong("\(type): \(title)") + "\n\(description)\n\n\(table.styled)\nfor example\n\(examples.joined())"
    }

    /// A document of all, by departments.
    static func markdown(_ entries: [CatalogueEntry]) -> String {
        var (text, department) = (preface, Substring())
        for entry in entries {
            if entry.department != department {
                department = entry.department
                text += "\n## \(department)\n"
            }
            text += entry.markdown
        }
        return text
    }

    private var markdown: String {
        var text = "\n### \(type)\n\n\(title). \(description)\n\n| data | is | required | personal | means |\n|---|---|---|---|---|\n"
        for field in fields {
            let cells = [
                "`\(field.name)`", field.kind, field.isRequired ? "yes" : "", field.isPersonal ? "yes" : "", field.description,
            ]
            text += "| " + cells.map { $0.split(separator: "|").joined(separator: "\\|") }.joined(separator: " | ") + " |\n"
        }
        guard let example = schema["examples"]?.elements?.first else { return text }
        return text + "\n```json\n\(example.cell)\n```\n"
    }
}
