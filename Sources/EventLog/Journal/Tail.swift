internal import JourneyModel
internal import Synchronization

/// The last events of the log: those that are in the journal and not yet in an epoch, for whoever reads.
final class Tail: Sendable {
    private struct State {
        var chunks: [RecordChunk] = []
        var bytes = 0
        var stored: Position
    }

    private let state: Mutex<State>

    /// - Parameters:
    ///   - stored: the last position that is in an epoch.
    ///   - chunks: what comes behind it.
    init(stored: Position, chunks: [RecordChunk]) {
        state = Mutex(State(chunks: chunks, bytes: chunks.reduce(0) { $0 + $1.bytes.count }, stored: stored))
    }

    /// The last position that is in an epoch.
    var stored: Position { state.withLock { $0.stored } }

    /// Bytes of the records that are not.
    var bytes: Int { state.withLock { $0.bytes } }

    /// All that is not in an epoch.
    var chunks: [RecordChunk] { state.withLock { $0.chunks } }

    /// Adds what was written to the journal.
    func append(_ chunk: RecordChunk) {
        state.withLock { state in
            state.chunks.append(chunk)
            state.bytes += chunk.bytes.count
        }
    }

    /// All up to `position` is in an epoch now, durably.
    func clear(through position: Position) {
        state.withLock { state in
            state.chunks.removeAll { $0.last <= position }
            (state.bytes, state.stored) = (state.chunks.reduce(0) { $0 + $1.bytes.count }, position)
        }
    }

    /// What there is at one moment from `position` on: the last position that is in an epoch, and the chunks behind it. O(log chunks)
    /// and those that are given out.
    func from(_ position: Position) -> (stored: Position, chunks: ArraySlice<RecordChunk>) {
        state.withLock { state in
            guard position > state.stored else { return (state.stored, []) }
            var (low, high) = (0, state.chunks.count)
            while low < high {
                let middle = (low + high) / 2
                if state.chunks[middle].last < position { low = middle + 1 } else { high = middle }
            }
            // A copy: a slice that shared the storage would make the next append copy all of it.
            return (state.stored, ArraySlice(Array(state.chunks[low...])))
        }
    }
}
