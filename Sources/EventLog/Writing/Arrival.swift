internal import NIOConcurrencyHelpers
internal import Synchronization

/// A value that another thread brings, once.
final class Arrival<Value: Sendable>: Sendable {
    private let lock = ConditionLock(value: false)
    private let value = Mutex<Value?>(nil)

    func come(_ value: Value) {
        lock.lock()
        self.value.withLock { $0 = value }
        lock.unlock(withValue: true)
    }

    /// Whether it is there.
    var isHere: Bool { lock.value }

    /// Blocks the calling thread until the value is there.
    func wait() -> Value? {
        lock.lock(whenValue: true)
        defer { lock.unlock() }
        return value.withLock { $0 }
    }
}
