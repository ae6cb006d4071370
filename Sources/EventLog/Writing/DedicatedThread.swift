internal import CLinux
internal import Glibc
internal import Synchronization

/// A thread of its own for work that blocks (a device flush, a replay), so that no thread of a shared pool is held up by it.
package final class DedicatedThread: Sendable {
    private let thread: Mutex<pthread_t?>

    // A tenth of what others get, where there are not processors enough for all: sched(7).
    private static let niceness: Int32 = 10

    /// Starts a thread that runs `body` once.
    ///
    /// - Parameters:
    ///   - name: cut to the 15 characters that Linux keeps.
    ///   - givesWay: whether it works on what is stored already, which may take longer where events come faster than all can be done.
    package init(name: String, givesWay: Bool = false, _ body: @escaping @Sendable () -> Void) {
        let box = unsafe Unmanaged.passRetained(
            Box {
                unsafe clinux_name_thread(String(name.prefix(15)))
                // Of this thread alone: Linux has it so, setpriority(2). Where it is not allowed, all are equal.
                if givesWay { setpriority(numericCast(PRIO_PROCESS.rawValue), 0, DedicatedThread.niceness) }
                body()
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
        self.thread = Mutex(thread)
    }

    deinit {
        if let thread = thread.withLock({ $0.take() }) { pthread_detach(thread) }
    }

    /// Waits until the body has returned and what it held is let go. Calls after the first return at once.
    package func join() {
        guard let thread = thread.withLock({ $0.take() }) else { return }
        pthread_join(thread, nil)
    }
}

private final class Box {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) {
        self.run = run
    }
}
