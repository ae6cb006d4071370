internal import Glibc
package import Logging

/// Writes log lines to systemd's journal, each piece of metadata as a field of its own: `journalctl JOURNEYD_UID=1001`.
///
/// Never blocks: a line that the journal does not take at once goes to standard error, which it reads, too.
package struct JournalHandler: LogHandler {
    /// Where the journal listens.
    package static let path = "/run/systemd/journal/socket"
    private static let maximumFields = 8

    package var metadata: Logger.Metadata = [:]
    package var logLevel: Logger.Level {
        get { fallback.logLevel }
        set { fallback.logLevel = newValue }
    }

    private let identifier: String
    private let socket: Socket
    private var fallback: StandardErrorHandler

    /// The way to the journal, which all loggers share.
    package struct Socket: Sendable {
        fileprivate let datagrams: UnixDatagramSocket

        /// - Parameter path: where the journal listens.
        package init?(path: String = JournalHandler.path) {
            guard let datagrams = UnixDatagramSocket(path) else { return nil }
            self.datagrams = datagrams
        }
    }

    /// - Parameter identifier: the name of the program.
    package init(identifier: String, threshold: LogThreshold, socket: Socket) {
        (self.identifier, self.socket) = (identifier, socket)
        fallback = StandardErrorHandler(threshold: threshold, isJournal: true)
    }

    /// Whether `descriptor` leads to the journal: `JOURNAL_STREAM` names its device and inode then.
    package static func isJournal(_ descriptor: Int32, _ environment: [String: String]) -> Bool {
        var status = stat()
        guard let stream = environment["JOURNAL_STREAM"], unsafe fstat(descriptor, &status) == 0 else { return false }
        return stream == "\(status.st_dev):\(status.st_ino)"
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let fields = metadata.merging(event.metadata ?? [:], uniquingKeysWith: { $1 }).sorted { $0.key < $1.key }
        var entry = JournalEntry()
        // The message has all of it, as most people read nothing else.
        entry.add("MESSAGE", fields.reduce("\(event.message)") { "\($0) \($1.key)=\($1.value)" })
        entry.add("PRIORITY", "\(event.level.priority)")
        entry.add("SYSLOG_IDENTIFIER", identifier)
        entry.add("CODE_FILE", event.file)
        entry.add("CODE_LINE", "\(event.line)")
        entry.add("CODE_FUNC", event.function)
        for (key, value) in fields.prefix(JournalHandler.maximumFields) { entry.add("\(identifier)_\(key)", "\(value)") }
        guard !socket.datagrams.send(entry.bytes, waits: false) else { return }
        var event = event
        event.metadata = metadata.merging(event.metadata ?? [:], uniquingKeysWith: { $1 })
        fallback.log(event: event)
    }
}
