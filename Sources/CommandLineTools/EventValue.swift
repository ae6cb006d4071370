internal import JourneyModel

/// A value in an event that is made from a row.
indirect enum EventValue: Equatable, Sendable {
    case string(String)
    /// As it is to be written.
    case number(String)
    case bool(Bool)
    case object([Member])

    /// A name and its value.
    struct Member: Equatable, Sendable {
        let name: String
        let value: EventValue
    }

    /// A string, number or truth value as it stands within a longer text; nothing for an object.
    var plainText: String {
        switch self {
        case .string(let text), .number(let text): text
        case .bool(let truth): truth ? "true" : "false"
        case .object: ""
        }
    }

    func write(to writer: inout JSONWriter) {
        switch self {
        case .string(let text): writer.string(text)
        case .number(let text): writer.raw(text)
        case .bool(let truth): writer.bool(truth)
        case .object(let members):
            writer.object { writer in
                for member in members {
                    writer.key(member.name)
                    member.value.write(to: &writer)
                }
            }
        }
    }
}
