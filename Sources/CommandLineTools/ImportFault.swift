/// Why a map cannot be used, or a row not be turned into an event.
package struct ImportFault: Error, Equatable, Sendable, CustomStringConvertible {
    /// The line on which the row begins, from 1; nil where the map itself is at fault.
    package let line: Int?
    /// What is wrong, in one sentence without a full stop. It may quote the file: show it through ``TerminalText``.
    package let reason: String

    init(_ reason: String, line: Int? = nil) {
        self.line = line
        self.reason = reason
    }

    package var description: String {
        line.map { "line \($0): \(reason)" } ?? reason
    }

    func onLine(_ line: Int) -> ImportFault {
        ImportFault(reason, line: line)
    }
}
