package import EventLog
package import JourneyModel

/// Why a view cannot answer.
package enum ViewError: Error, Sendable {
    /// A question that cannot be asked so: the parameter, and what would be right.
    case invalid(parameter: String, detail: String)
    /// The views could not read on; they answer for what they had seen until then.
    case stopped(at: Position, LogError)
    /// The log could not be read.
    case log(LogError)
    /// The view did not reach the asked-for position in time.
    case late(seen: Position)
}
