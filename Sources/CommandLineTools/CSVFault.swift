/// Where a file stops being CSV, and why.
package struct CSVFault: Error, Equatable, Sendable, CustomStringConvertible {
    /// The line, from 1.
    package let line: Int
    /// What is wrong there, in a few words.
    package let reason: String

    package var description: String { "line \(line): \(reason)" }
}
