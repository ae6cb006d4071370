import Glibc

/// A thread that does one thing and ends.
final class TestThread {
    private var thread = pthread_t()

    init(_ body: @escaping () -> Void) {
        final class Box {
            let body: () -> Void
            init(_ body: @escaping () -> Void) { self.body = body }
        }
        let box = unsafe Unmanaged.passRetained(Box(body))
        unsafe pthread_create(
            &thread, nil,
            { argument in
                if let argument = unsafe argument { unsafe Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body() }
                return nil
            }, unsafe box.toOpaque())
    }

    func join() {
        pthread_join(thread, nil)
    }
}
