internal import JourneyModel
internal import Timelines

extension ScalarValue {
    /// Writes the value as it would be in `data`.
    func write(to writer: inout JSONWriter) {
        switch self {
        case .null: writer.null()
        case .bool(let flag): writer.bool(flag)
        case .number(let number):
            if let integer = Int64(exactly: number) { writer.number(integer) } else { writer.number(number) }
        case .integer(let integer): writer.number(integer)
        case .text(let text): writer.string(text)
        }
    }

    /// What values with equal counts are sorted by.
    var sortText: String {
        switch self {
        case .null: ""
        case .bool(let flag): String(flag)
        case .number(let number): String(number)
        case .integer(let integer): String(integer)
        case .text(let text): text
        }
    }
}
