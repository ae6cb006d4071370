import Glibc
import Synchronization

/// A thread, as clients that wait for answers block.
final class Worker: Sendable {
    private let thread: Mutex<pthread_t>
    private let shared: Shared

    private final class Box {
        let run: () -> Void
        init(_ run: @escaping () -> Void) { self.run = run }
    }

    init(_ body: @escaping @Sendable () throws -> Void) {
        let shared = Shared()
        let box = Unmanaged.passRetained(
            Box {
                do { try body() } catch { shared.failure.withLock { $0 = error } }
            })
        var created = pthread_t()
        pthread_create(
            &created, nil,
            { argument in
                if let argument { Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().run() }
                return nil
            }, box.toOpaque())
        thread = Mutex(created)
        self.shared = shared
    }

    private final class Shared: Sendable {
        let failure = Mutex<(any Error)?>(nil)
    }

    /// Waits for the end.
    func join() throws {
        pthread_join(thread.withLock { $0 }, nil)
        if let failure = shared.failure.withLock({ $0 }) { throw failure }
    }
}
