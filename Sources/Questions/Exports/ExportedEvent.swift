internal import JourneyModel
internal import Timelines

/// An event with what formats ask of it.
struct ExportedEvent {
    /// A value of `data`.
    enum Value {
        case text(String)
        case integer(Int64)
        case number(Double)
        case bool(Bool)
    }

    let stored: StoredEvent
    /// A JSON object, or empty.
    let data: [UInt8]
    let activity: String
    let resource: String?
    /// The scalars of `data`, those of objects by their path (`money.minor`), those of arrays by their place.
    let attributes: [(name: String, value: Value)]

    init(_ stored: StoredEvent, data: [UInt8], _ question: ExportQuestion) {
        self.stored = stored
        self.data = data
        var attributes: [(name: String, value: Value)] = []
        if !data.isEmpty, let value = try? JSONValue(data.span) { ExportedEvent.flatten(value, "", &attributes) }
        self.attributes = attributes
        func text(_ field: EventField) -> String? {
            switch field {
            case .type: stored.type
            case .source: stored.source
            case .subject: stored.subject
            case .account: stored.account
            case .time: stored.time.text
            case .data(let path): attributes.first { $0.name == path.joined(separator: ".") }?.value.text
            }
        }
        // An event without the field is told by its type.
        activity = text(question.activity) ?? stored.type
        resource = question.resource.flatMap(text)
    }

    private static func flatten(_ value: JSONValue, _ path: String, _ attributes: inout [(name: String, value: Value)]) {
        switch value {
        case .null: return
        case .bool(let flag): attributes.append((path, .bool(flag)))
        case .string(let text): attributes.append((path, .text(text)))
        case .number(let text):
            if let integer = Int64(text) {
                attributes.append((path, .integer(integer)))
            } else if let number = Double(text), number.isFinite {
                attributes.append((path, .number(number)))
            } else {
                attributes.append((path, .text(text)))
            }
        case .array(let elements):
            for (index, element) in elements.enumerated() { flatten(element, "\(path).\(index)", &attributes) }
        case .object(let members):
            for member in members { flatten(member.value, path.isEmpty ? member.name : "\(path).\(member.name)", &attributes) }
        }
    }
}

extension ExportedEvent.Value {
    var text: String {
        switch self {
        case .text(let text): text
        case .integer(let integer): String(integer)
        case .number(let number): String(number)
        case .bool(let flag): String(flag)
        }
    }
}
