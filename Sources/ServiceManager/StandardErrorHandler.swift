internal import Glibc
internal import JourneyModel
package import Logging

/// Writes log lines to standard error: with the time for a person, with the priority's prefix (sd-daemon(3)) for a journal.
package struct StandardErrorHandler: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var logLevel: Logger.Level {
        get { ownLevel ?? threshold.level }
        set { ownLevel = newValue }
    }

    private var ownLevel: Logger.Level?
    private let threshold: LogThreshold
    private let isJournal: Bool

    /// - Parameter isJournal: whether a journal reads standard error.
    package init(threshold: LogThreshold, isJournal: Bool) {
        (self.threshold, self.isJournal) = (threshold, isJournal)
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var line = isJournal ? "<\(event.level.priority)>" : "\(Timestamp.now.text) \(event.level) "
        line += "\(event.message)"
        for (key, value) in metadata.merging(event.metadata ?? [:], uniquingKeysWith: { $1 }).sorted(by: { $0.key < $1.key }) {
            line += " \(key)=\(value)"
        }
        // A line is one write, so that lines of several threads do not mix.
        let bytes = Array(line.utf8.map { $0 == 10 ? 32 : $0 }) + [10]
        _ = unsafe write(STDERR_FILENO, bytes, bytes.count)
    }
}
