internal import NIOConcurrencyHelpers
internal import NIOCore
internal import Synchronization

/// Carries the pieces of an answer from the thread that makes them to the connection, at the pace of the client.
///
/// What is on the way is bounded: a client that does not read holds up the thread, not memory, and not for longer than its patience.
final class ReplyPipe: Sendable {
    private static let maximumOnTheWay = 2 << 20

    private struct State {
        var onTheWay = 0
        var isOpen = true
        var isAbandoned = false
    }

    // The lock's value says whether a piece may be sent, or is of no use any more.
    private let lock = ConditionLock(value: true)
    private let state = Mutex(State())
    private let patience: Double
    private let write: @Sendable (_ piece: [UInt8], _ sent: @escaping @Sendable (Bool) -> Void) -> Void

    /// - Parameters:
    ///   - patience: seconds for which a client may read nothing.
    ///   - write: sends a piece, and calls `sent` with whether it went out.
    init(patience: Int, write: @escaping @Sendable (_ piece: [UInt8], _ sent: @escaping @Sendable (Bool) -> Void) -> Void) {
        self.patience = Double(patience)
        self.write = write
    }

    /// Waits for room, and sends a piece. Not on an event loop.
    ///
    /// - Returns: false where nobody listens any more.
    func send(_ piece: [UInt8]) -> Bool {
        guard lock.lock(whenValue: true, timeoutSeconds: patience) else {
            update { ($0.isOpen, $0.isAbandoned) = (false, true) }
            return false
        }
        let (isOpen, hasRoom) = state.withLock { state in
            state.onTheWay += piece.count
            return (state.isOpen, !state.isOpen || state.onTheWay < ReplyPipe.maximumOnTheWay)
        }
        lock.unlock(withValue: hasRoom)
        guard isOpen else { return false }
        write(piece) { [self] isSent in
            if !isSent { close() }
            update { $0.onTheWay -= piece.count }
        }
        return true
    }

    /// Whether what was sent has somebody who reads it.
    var isOpen: Bool { state.withLock { $0.isOpen } }

    /// Whether the client took nothing for longer than it may.
    var isAbandoned: Bool { state.withLock { $0.isAbandoned } }

    /// The connection is gone: pieces that come are of no use.
    func close() {
        update { $0.isOpen = false }
    }

    private func update(_ change: (inout State) -> Void) {
        lock.lock()
        let isFree = state.withLock { state in
            change(&state)
            return !state.isOpen || state.onTheWay < ReplyPipe.maximumOnTheWay
        }
        lock.unlock(withValue: isFree)
    }
}
