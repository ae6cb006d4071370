internal import EventLog
internal import NIOConcurrencyHelpers
internal import Synchronization

/// Something that is done on a thread of its own, and can be looked at now and then.
final class Work: Sendable {
    // The lock's value says whether the result is there.
    private let lock = ConditionLock(value: false)
    private let result = Mutex<[UInt8]>([])
    private let thread = Mutex<DedicatedThread?>(nil)

    init(_ body: @escaping @Sendable () -> [UInt8]) {
        let thread = DedicatedThread(name: "question") { [self] in
            let bytes = body()
            lock.lock()
            result.withLock { $0 = bytes }
            lock.unlock(withValue: true)
        }
        self.thread.withLock { $0 = thread }
    }

    /// Waits for the result, but not for longer than `pause`.
    func wait(_ pause: Duration) -> [UInt8]? {
        let seconds = Double(pause.components.seconds) + Double(pause.components.attoseconds) * 1e-18
        guard lock.lock(whenValue: true, timeoutSeconds: seconds) else { return nil }
        lock.unlock()
        return result.withLock { $0 }
    }
}
