/// What of an event a condition or a breakdown can look at.
package enum EventField: Hashable, Sendable {
    case type, source, subject, account
    /// When it happened.
    case time
    /// The names that lead to a value in `data`.
    case data([String])

    /// Most names in a path.
    package static let maximumDepth = 16

    /// Reads `type`, `source`, `subject`, `account`, `time` or `data.` with a path; nil for anything else.
    package init?(_ text: String) {
        switch text {
        case "type": self = .type
        case "source": self = .source
        case "subject": self = .subject
        case "account": self = .account
        case "time": self = .time
        default:
            let names = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
            guard names.first == "data", 2...(EventField.maximumDepth + 1) ~= names.count, !names.contains("") else { return nil }
            self = .data(Array(names.dropFirst()))
        }
    }

    /// Whether it is a value in `data`.
    package var isData: Bool { if case .data = self { true } else { false } }

    /// As it is written in a question.
    package var name: String {
        switch self {
        case .type: "type"
        case .source: "source"
        case .subject: "subject"
        case .account: "account"
        case .time: "time"
        case .data(let names): "data." + names.joined(separator: ".")
        }
    }
}
