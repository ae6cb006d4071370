internal import Glibc
internal import LMDB

/// A consistent copy of an epoch that takes events, read piece by piece while others write.
///
/// LMDB writes it into a pipe on a thread of its own, so that it goes no faster than its reader and nothing is written to the disk. A
/// reader that is slow holds one read transaction open: what the epoch's file grows by for want of free pages ends with the epoch.
final class EpochCopy: Sendable {
    private static let patience: Int32 = 30_000

    /// Bytes of the copy.
    let size: Int
    private let output: Int32
    private let thread: DedicatedThread

    /// Begins the copy. While nothing else is written: what is copied is settled when this returns, and what comes later is not in it.
    init(_ storage: Epoch.Storage) throws(LogError) {
        let environment = storage.environment
        size = environment.usedBytes
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { throw .unusable("cannot make a pipe: \(SystemError.last)") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let (output, input) = (ends[0], ends[1])
        self.output = output
        thread = DedicatedThread(name: "epoch-copy") {
            EpochCopy.holdOffPipeSignal()
            // A copy that fails ends short of its size, which its reader notices.
            try? environment.copy(to: input)
            close(input)
        }
        var ready = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
        guard unsafe poll(&ready, 1, EpochCopy.patience) == 1, ready.revents & Int16(POLLIN) != 0 else {
            throw .unusable("the live epoch cannot be copied")
        }
    }

    deinit {
        close(output)
        thread.join()
    }

    /// The next bytes, `count` at most and none only behind the end; pages that were never written are zeros.
    func read(_ count: Int) -> [UInt8] {
        while true {
            var result = 0
            let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
                result = unsafe Glibc.read(output, buffer.baseAddress, buffer.count)
                filled = max(0, result)
            }
            if result >= 0 || errno != EINTR { return bytes }
        }
    }

    /// A reader that goes away is told by EPIPE, not by a signal that ends the process.
    private static func holdOffPipeSignal() {
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe sigaddset(&signals, SIGPIPE)
        unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
    }
}
