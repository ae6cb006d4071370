/// Why a text is not an event that can be stored.
package enum EventFault: Error, Equatable, Sendable {
    /// Not JSON.
    case malformed(JSONFault)
    /// JSON, but not an event: each violation with its place.
    case invalid([Violation])
    /// Larger than a limit.
    case tooLarge(String)

    /// The contract's code: the one of the first violation where there are several.
    package var code: String {
        switch self {
        case .malformed: "malformed-json"
        case .invalid(let violations): violations.first?.code ?? "invalid-event"
        case .tooLarge: "too-large"
        }
    }

    /// One sentence for a person.
    package var detail: String {
        switch self {
        case .malformed(let fault): "not JSON at byte \(fault.offset): \(fault.reason)"
        case .invalid(let violations): violations.map { "\($0.pointer) \($0.detail)" }.joined(separator: "; ")
        case .tooLarge(let detail): detail
        }
    }

    /// The same of an event that is a part of a text.
    func moved(under pointer: String) -> EventFault {
        switch self {
        case .malformed: self
        case .invalid(let violations):
            .invalid(violations.map { Violation(pointer: pointer + $0.pointer, detail: $0.detail, code: $0.code) })
        case .tooLarge(let detail): .tooLarge("\(pointer): \(detail)")
        }
    }
}
