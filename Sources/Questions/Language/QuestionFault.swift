package import JourneyModel
package import Timelines

/// Why a question gets no answer.
package enum QuestionFault: Error, Sendable {
    /// The text is not JSON: why and where.
    case malformed(JSONFault)
    /// It cannot be asked so: each fault with the pointer to what is wrong, and what would be right.
    case invalid([Violation])
    /// The columns cannot be had.
    case columns(ColumnsError)

    /// One fault.
    package static func invalid(_ pointer: String, _ detail: String) -> QuestionFault {
        .invalid([Violation(pointer: pointer, detail: detail, code: "invalid-question")])
    }
}
