package import EventLog

/// Why columns cannot be had.
package enum ColumnsError: Error, Sendable {
    /// The log cannot be read.
    case log(LogError)
    /// They would take more memory than they may.
    case tooLarge(bytes: Int, limit: Int)
    /// Retention took away what was being read; ask again.
    case retained
    /// Nobody waits any more.
    case cancelled
}
