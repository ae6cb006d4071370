internal import JourneyModel

/// An answer of the daemon in the forms in which it is read. Members it lacks are left blank, members that are new are passed over.
protocol Answer {
    /// The names of the columns, for programs.
    static var header: [String] { get }
    /// The values, for programs: numbers as the daemon wrote them.
    var rows: [[String]] { get }
    /// The answer for people, with a line feed at its end.
    var text: String { get }
}

extension JSONValue {
    /// A number.
    var number: Double? {
        if case .number(let text) = self { Double(text) } else { nil }
    }

    /// A member; null where it is missing.
    subscript(orNull name: String) -> JSONValue {
        self[name] ?? .null
    }

    /// The value in a cell: nothing for null, a string's text, JSON for the rest.
    var cell: String {
        switch self {
        case .null: return ""
        case .string(let text), .number(let text): return text
        case .bool, .array, .object:
            var writer = JSONWriter()
            write(to: &writer)
            return String(decoding: writer.bytes, as: UTF8.self)
        }
    }

    /// The cells of an object's members of these names; those that are missing are blank.
    func cells(_ names: [String]) -> [String] {
        names.map { self[$0]?.cell ?? "" }
    }
}
