package import EventLog
package import JourneyModel
package import Questions

/// Why a view cannot answer.
package enum ViewError: Error, Sendable {
    /// A question that cannot be asked so: the parameter, and what would be right.
    case invalid(parameter: String, detail: String)
    /// The views could not read on; they answer for what they had seen until then.
    case stopped(at: Position, LogError)
    /// The log could not be read.
    case log(LogError)
    /// There is no such view.
    case unknown(String)
    /// No more can be kept, or this cannot be dropped: why, and what to do.
    case full(String)
    /// The question cannot be answered.
    case question(QuestionFault)
    /// The view did not reach the asked-for position in time.
    case late(seen: Position)
}
