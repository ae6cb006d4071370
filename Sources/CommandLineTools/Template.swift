/// A text with columns in it, such as `lead:{mql_id}` or `{won_date|date}`. `{{` stands for a brace.
///
/// As it stands in a map its columns are names; bound to a file's header they are ``BoundColumn``.
struct Template<Column: Sendable>: Sendable {
    /// A stretch of a template.
    enum Part: Sendable {
        case literal(String)
        case column(Column, ColumnFilter)
    }

    var parts: [Part] = []

    /// The same template with other columns.
    func mapColumns<Other>(_ transform: (Column) throws(ImportFault) -> Other) throws(ImportFault) -> Template<Other> {
        var mapped = Template<Other>()
        for part in parts {
            switch part {
            case .literal(let text): mapped.parts.append(.literal(text))
            case .column(let column, let filter): mapped.parts.append(.column(try transform(column), filter))
            }
        }
        return mapped
    }
}

extension Template<String> {
    /// Reads a template.
    init(_ text: String) throws(ImportFault) {
        var rest = text[...]
        var literal = ""
        while let character = rest.popFirst() {
            guard character == "{" else {
                literal.append(character)
                continue
            }
            guard rest.first != "{" else {
                literal.append("{")
                rest.removeFirst()
                continue
            }
            guard let end = rest.firstIndex(of: "}") else { throw ImportFault("'\(text)' has a '{' without its '}'") }
            if !literal.isEmpty { parts.append(.literal(literal)) }
            literal = ""
            parts.append(try Template.column(rest[..<end], in: text))
            rest = rest[end...].dropFirst()
        }
        if !literal.isEmpty { parts.append(.literal(literal)) }
    }

    private static func column(_ text: Substring, in template: String) throws(ImportFault) -> Part {
        let bar = text.lastIndex(of: "|")
        let name = text[..<(bar ?? text.endIndex)]
        guard !name.isEmpty else { throw ImportFault("'\(template)' names no column between '{' and '}'") }
        guard let bar else { return .column(String(name), .asIs) }
        let filterName = text[bar...].dropFirst()
        guard let filter = ColumnFilter(name: filterName) else {
            throw ImportFault("'\(template)' uses the filter '\(filterName)'; there are \(ColumnFilter.names)")
        }
        return .column(String(name), filter)
    }
}
