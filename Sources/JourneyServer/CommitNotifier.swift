internal import EventLog
internal import Synchronization

/// Tells connections that follow the log that there is more of it.
final class CommitNotifier: Sendable {
    private let observers = Mutex<[ObjectIdentifier: @Sendable () -> Void]>([:])

    init(_ log: EventLog) {
        log.observe { [weak self] _ in self?.fire() }
    }

    func add(_ key: ObjectIdentifier, _ body: @escaping @Sendable () -> Void) {
        observers.withLock { $0[key] = body }
    }

    func remove(_ key: ObjectIdentifier) {
        _ = observers.withLock { $0.removeValue(forKey: key) }
    }

    private func fire() {
        for observer in observers.withLock({ Array($0.values) }) { observer() }
    }
}
