internal import JourneyModel
internal import Synchronization

/// Those who wait until a position has been seen.
final class Waiters: Sendable {
    private struct Waiter {
        let position: Position
        let run: @Sendable () -> Void
    }

    private let waiting = Mutex<[Waiter]>([])

    /// Whether nobody waits.
    var isEmpty: Bool { waiting.withLock(\.isEmpty) }

    func add(_ position: Position, _ run: @escaping @Sendable () -> Void) {
        waiting.withLock { $0.append(Waiter(position: position, run: run)) }
    }

    /// Lets those go who wait for `position` or one before.
    func release(through position: Position) {
        let ready = waiting.withLock { waiting in
            let ready = waiting.filter { $0.position <= position }
            waiting.removeAll { $0.position <= position }
            return ready
        }
        for waiter in ready { waiter.run() }
    }
}
