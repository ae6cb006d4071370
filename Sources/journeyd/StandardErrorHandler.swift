internal import Glibc
internal import JourneyModel
internal import Logging

/// Writes log lines to standard error: with the time for a person, with the priority's prefix (sd-daemon(3)) for the journal.
struct StandardErrorHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level
    private let isJournal: Bool

    init(label: String, level: Logger.Level) {
        logLevel = level
        isJournal = unsafe getenv("JOURNAL_STREAM") != nil
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var line = isJournal ? "<\(priority(event.level))>" : "\(Timestamp.now.text) \(event.level) "
        line += "\(event.message)"
        for (key, value) in metadata.merging(event.metadata ?? [:], uniquingKeysWith: { $1 }).sorted(by: { $0.key < $1.key }) {
            line += " \(key)=\(value)"
        }
        // A line is one write, so that lines of several threads do not mix.
        let bytes = Array(line.utf8.map { $0 == 10 ? 32 : $0 }) + [10]
        _ = unsafe write(STDERR_FILENO, bytes, bytes.count)
    }

    private func priority(_ level: Logger.Level) -> Int {
        switch level {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}
