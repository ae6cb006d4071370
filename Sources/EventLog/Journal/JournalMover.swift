internal import JourneyModel
internal import LMDB
internal import NIOConcurrencyHelpers
internal import Synchronization

/// Moves what the journal has into the live epoch, on a thread of its own, while the writer goes on in the journal's other half.
///
/// One load at a time: before the writer hands over another, stores something itself or ends an epoch, it waits for the result.
final class JournalMover: Sendable {
    /// What is to be moved.
    struct Load: Sendable {
        let epoch: Epoch
        let chunks: [RecordChunk]
        /// The names that the records use, of which those from `storedSymbols` on are not in the epoch yet.
        let symbols: SymbolTable
        let storedSymbols: Int
    }

    /// Brings how many symbols are in the epoch when all is there, durably.
    typealias Outcome = Arrival<Result<Int, LogError>>

    private enum Next {
        case nothing
        case load(Load, Outcome)
        case end
    }

    // The lock's value says whether there is something to do.
    private let lock = ConditionLock(value: false)
    private let next = Mutex(Next.nothing)

    /// Has a load moved.
    func move(_ load: Load) -> Outcome {
        let outcome = Outcome()
        put(.load(load, outcome))
        return outcome
    }

    /// Lets the thread end.
    func end() {
        put(.end)
    }

    private func put(_ next: Next) {
        lock.lock()
        self.next.withLock { $0 = next }
        lock.unlock(withValue: true)
    }

    fileprivate func take() -> (load: Load, outcome: Outcome)? {
        lock.lock(whenValue: true)
        defer { lock.unlock(withValue: false) }
        return next.withLock { next in
            guard case .load(let load, let outcome) = next else { return nil }
            next = .nothing
            return (load, outcome)
        }
    }
}

extension EventLog {
    /// Moves what the writer hands over, until the writer ends it.
    func runMover() {
        while let (load, outcome) = mover.take() {
            do throws(LogError) {
                try store(load)
                outcome.come(.success(load.symbols.count))
            } catch {
                outcome.come(.failure(error))
            }
        }
    }

    /// Stores a load in its epoch, durably, as one transaction.
    func store(_ load: JournalMover.Load) throws(LogError) {
        let storage = try load.epoch.open()
        var failure: LogError?
        do throws(LMDBError) {
            try storage.environment.write { transaction throws(LMDBError) in
                for chunk in load.chunks {
                    do throws(LogError) {
                        try chunk.each(from: chunk.first) { (position, record) throws(LogError) in
                            do throws(LMDBError) { try transaction.append(storage.events, .number(position), record) } catch {
                                throw LogError(error)
                            }
                            return true
                        }
                    } catch {
                        failure = error
                        // Any error takes the transaction back; what it was is in `failure`.
                        throw .damaged
                    }
                }
                try storage.put(load.symbols, from: load.storedSymbols, transaction)
            }
        } catch {
            throw failure ?? LogError(error)
        }
        if let last = load.chunks.last?.last { recent.clear(through: last) }
        liveDigest.add(load.chunks, to: load.epoch)
    }
}
