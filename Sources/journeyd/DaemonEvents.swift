internal import EventLog
internal import Glibc
internal import JourneyModel
internal import Views

/// The daemon's own events: they are stored as anybody's are.
struct DaemonEvents: Sendable {
    private let log: EventLog
    private let reader: EventReader

    init(_ log: EventLog, _ catalogue: EventCatalogue) {
        self.log = log
        reader = EventReader(catalogue: catalogue)
    }

    /// Stores an alert.
    ///
    /// - Returns: whether it is stored; false while the log is full or closed.
    @Sendable func store(_ alert: AlertEvent) -> Bool {
        var batch = EventBatch()
        do throws(EventFault) {
            try reader.read(alert.json.span, receivedAt: .now, into: &batch)
        } catch {
            return false
        }
        if case .success = log.appendBlocking(batch, emitter: geteuid()) { return true }
        return false
    }
}
