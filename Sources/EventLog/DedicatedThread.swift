internal import CLinux
internal import Glibc
internal import NIOConcurrencyHelpers

/// A thread of its own for work that blocks (a device flush, a replay), so that no thread of a shared pool is held up by it.
package final class DedicatedThread: Sendable {
    private let done = ConditionLock(value: false)

    /// Starts a thread that runs `body` once. `name` is cut to the 15 characters that Linux keeps.
    package init(name: String, _ body: @escaping @Sendable () -> Void) {
        let done = done
        let box = unsafe Unmanaged.passRetained(
            Box {
                unsafe clinux_name_thread(String(name.prefix(15)))
                body()
                done.lock()
                done.unlock(withValue: true)
            })
        var thread = pthread_t()
        let code = unsafe pthread_create(
            &thread, nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                unsafe Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, unsafe box.toOpaque())
        precondition(code == 0, "the system gives no more threads: \(code)")
        pthread_detach(thread)
    }

    /// Waits until the body has returned.
    package func join() {
        done.lock(whenValue: true)
        done.unlock()
    }
}

private final class Box {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) {
        self.run = run
    }
}
