internal import JourneyModel
internal import LMDB
internal import NIOConcurrencyHelpers
internal import Synchronization

/// When the keeper's thread has something to do.
final class Keeper: Sendable {
    // The lock's value says whether there may be work.
    private let lock = ConditionLock(value: false)
    private let hasBegun = Atomic<Bool>(false)
    private let closing = Atomic<Bool>(false)

    var isClosing: Bool { closing.load(ordering: .acquiring) }

    /// The writer has read what it needs: the keeper may change runs.
    func begin() {
        hasBegun.store(true, ordering: .releasing)
        wake()
    }

    func wake() {
        lock.lock()
        lock.unlock(withValue: true)
    }

    func close() {
        closing.store(true, ordering: .releasing)
        wake()
    }

    /// Waits for work.
    ///
    /// - Returns: false at the end.
    func wait() -> Bool {
        repeat {
            lock.lock(whenValue: true)
            lock.unlock(withValue: false)
            if isClosing { return false }
        } while !hasBegun.load(ordering: .acquiring)
        return true
    }
}

/// The keeper's side of the log: writes runs of identities, seals epochs, merges runs, on a thread of its own.
extension EventLog {
    func runKeeper() {
        while keeper.wait() {
            do throws(LogError) {
                while !keeper.isClosing, try keepNext() {}
                trouble.withLock { $0 = nil }
            } catch {
                // Tried again when the writer has something new for it, or is kept from going on.
                trouble.withLock { $0 = "\(error)" }
            }
        }
    }

    /// Does the most urgent thing: tables wait in memory, an unsealed epoch is not vouched for, merges only make looks faster.
    ///
    /// - Returns: false where there is nothing to do.
    private func keepNext() throws(LogError) -> Bool {
        if try runs.writeNext() { return true }
        if try sealNext() { return true }
        return try runs.mergeNext()
    }

    /// Seals the first epoch that ended and is not sealed.
    private func sealNext() throws(LogError) -> Bool {
        var previous = EpochSeal.noDigest
        for epoch in epochs.all {
            if let seal = epoch.seal {
                previous = seal.digest
                continue
            }
            // Behind an epoch that cannot be sealed the chain is broken, and none can.
            guard let last = epoch.last, epoch.damage == nil else { return false }
            guard let seal = try digest(of: epoch, through: last, after: previous) else { return false }
            try seal.write(epochs.sealPath(epoch.number))
            epoch.setSeal(seal)
            return true
        }
        return false
    }

    /// The seal that an epoch should have; nil where the log is closed meanwhile.
    func digest(of epoch: Epoch, through last: Position, after previous: String) throws(LogError) -> EpochSeal? {
        var digest = EpochDigest(after: previous)
        var recordedAt = Timestamp(microseconds: 0)
        var next = epoch.first
        try readStored(after: epoch.first - 1) { (record, bytes) in
            guard record.position <= last else { return false }
            digest.add(record.position, bytes)
            recordedAt = max(recordedAt, record.recordedAt)
            next = record.position + 1
            return next <= last && !keeper.isClosing
        }
        guard next == last + 1 else { return nil }
        return EpochSeal(
            log: epochs.log, number: epoch.number, first: epoch.first, last: last, size: Epoch.size(epoch.file) ?? 0,
            recordedAt: recordedAt, previous: previous, digest: digest.finish())
    }
}
