internal import JourneyModel
internal import Synchronization

/// The digest of the live epoch, worked out as its records are stored, so that they need not be read again for its seal.
///
/// It goes on from epoch to epoch, as each digest begins with the one before. After a start the chain is not at hand: the keeper then reads what
/// an epoch has already, and hands it over. Costs 0.5 ns a byte; reading a record again costs four times as much.
final class LiveDigest: Sendable {
    /// The digest of the first events of an epoch.
    struct Beginning: Sendable {
        /// The epoch's number.
        let epoch: Int
        /// The digest of the epoch before.
        let previous: String
        /// The last position that is in it.
        private(set) var last: Position
        /// When the event there was stored.
        private(set) var recordedAt = Timestamp(microseconds: 0)
        private var digest: EpochDigest

        /// Begins with no event.
        init(_ epoch: Int, first: Position, after previous: String) {
            (self.epoch, self.previous) = (epoch, previous)
            last = first - 1
            digest = EpochDigest(after: previous)
        }

        /// Adds the next record.
        mutating func add(_ record: EventRecord, _ bytes: Span<UInt8>) {
            add(record.position, bytes)
            recordedAt = max(recordedAt, record.recordedAt)
        }

        fileprivate mutating func add(_ chunk: RecordChunk) throws(LogError) {
            try chunk.each(from: chunk.first) { position, bytes in
                add(position, bytes)
                return true
            }
            // The log's clock never goes back.
            recordedAt = try EventRecord(chunk.record(chunk.last).span, position: chunk.last).recordedAt
        }

        private mutating func add(_ position: Position, _ bytes: Span<UInt8>) {
            digest.add(position, bytes)
            last = position
        }

        /// What the seal of the epoch says where it ends with these events.
        var end: (digest: String, recordedAt: Timestamp) {
            var digest = digest
            return (digest.finish(), recordedAt)
        }
    }

    private struct State {
        var live: Beginning?
        /// Of epochs that ended and are not sealed yet.
        var ended: [Beginning] = []
    }

    /// How many ended epochs are remembered; those before are read for their seals.
    private static let maximumEnded = 16

    private let state = Mutex(State())

    /// Whether it is worked out for this epoch.
    func follows(_ epoch: Epoch) -> Bool { state.withLock { $0.live?.epoch == epoch.number } }

    /// Takes a beginning over. `complete` brings it up to what is stored while nothing is added, and returns whether it is still of use.
    func take(_ beginning: inout Beginning, _ complete: (inout Beginning) throws(LogError) -> Bool) throws(LogError) {
        try state.withLock { state throws(LogError) in
            if try complete(&beginning) { state.live = beginning }
        }
    }

    /// Adds what was stored in `epoch`.
    func add(_ chunks: [RecordChunk], to epoch: Epoch) {
        state.withLock { state in
            guard var live = state.live, live.epoch == epoch.number else { return }
            // Nobody else may hold it while it grows.
            state.live = nil
            for chunk in chunks where chunk.last > live.last {
                // Where something was missed, or cannot be read, the epoch is read for its seal.
                guard chunk.first == live.last + 1 else { return }
                do throws(LogError) { try live.add(chunk) } catch { return }
            }
            state.live = live
        }
    }

    /// An epoch has ended at `last`, and another begun.
    func roll(from ended: Epoch, at last: Position, to next: Epoch) {
        state.withLock { state in
            guard let live = state.live, live.epoch == ended.number else { return }
            state.live = nil
            guard live.last == last else { return }
            state.ended.append(live)
            if state.ended.count > LiveDigest.maximumEnded { state.ended.removeFirst() }
            state.live = Beginning(next.number, first: next.first, after: live.end.digest)
        }
    }

    /// The digest of an epoch that ended; nil where it was not worked out.
    func ended(_ epoch: Epoch, after previous: String) -> (digest: String, recordedAt: Timestamp)? {
        state.withLock { state in
            guard let index = state.ended.firstIndex(where: { $0.epoch == epoch.number }) else { return nil }
            let ended = state.ended.remove(at: index)
            return ended.previous == previous && ended.last == epoch.last ? ended.end : nil
        }
    }
}
