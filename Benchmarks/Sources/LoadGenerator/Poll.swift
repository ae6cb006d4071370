import CEpoll
import Glibc

/// Waits for many descriptors at once.
final class Poll {
    private let descriptor = epoll_create1(0)
    private var events = [epoll_event](repeating: epoll_event(), count: 64)

    deinit {
        close(descriptor)
    }

    /// Adds a descriptor, which is called `index` when it can be read.
    func add(_ other: Int32, as index: Int) throws {
        var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data_t(u64: UInt64(index)))
        guard epoll_ctl(descriptor, EPOLL_CTL_ADD, other, &event) == 0 else { throw Failure(description: "cannot wait for a connection") }
    }

    /// Waits until something can be read, and calls `body` with each that can be.
    func wait(_ body: (_ index: Int) throws -> Void) throws {
        let count = epoll_wait(descriptor, &events, Int32(events.count), -1)
        guard count >= 0 || errno == EINTR else { throw Failure(description: "cannot wait for connections") }
        for place in 0..<max(0, Int(count)) { try body(Int(events[place].data.u64)) }
    }
}
