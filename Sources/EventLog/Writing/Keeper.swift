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
    /// Bytes that are read for the digest of the live epoch whatever the size of epochs.
    private static let readForDigest = 1 << 20

    /// Whether the live epoch's digest is worked out as it is written, so that its seal will take no reading.
    package var isDigestLive: Bool { epochs.all.last.map(liveDigest.follows) ?? false }

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
        if try runs.mergeNext() { return true }
        try followLive()
        return false
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
            guard let seal = try seal(epoch, through: last, after: previous) else { return false }
            try seal.write(epochs.sealPath(epoch.number))
            epoch.setSeal(seal)
            return true
        }
        return false
    }

    /// The seal that an epoch should have; nil where the log is closed meanwhile.
    private func seal(_ epoch: Epoch, through last: Position, after previous: String) throws(LogError) -> EpochSeal? {
        var end = liveDigest.ended(epoch, after: previous)
        if end == nil {
            var beginning = LiveDigest.Beginning(epoch.number, first: epoch.first, after: previous)
            try read(&beginning, through: last)
            guard beginning.last == last else { return nil }
            end = beginning.end
        }
        return end.map {
            EpochSeal(
                log: epochs.log, number: epoch.number, first: epoch.first, last: last, size: Epoch.size(epoch.file) ?? 0,
                recordedAt: $0.recordedAt, previous: previous, digest: $0.digest)
        }
    }

    /// Reads on from where a digest ends, up to `last` or until the log is closed.
    private func read(_ beginning: inout LiveDigest.Beginning, through last: Position) throws(LogError) {
        guard beginning.last < last else { return }
        var read = beginning
        try readStored(after: read.last) { (record, bytes) in
            guard record.position <= last else { return false }
            read.add(record, bytes)
            return record.position < last && !keeper.isClosing
        }
        beginning = read
    }

    /// Has the digest of the live epoch worked out as it is written, where that is not so from its beginning and little has to be read for it.
    private func followLive() throws(LogError) {
        guard let live = epochs.all.last, live.last == nil, !liveDigest.follows(live),
            live.bytes < max(options.epochBytes / 8, EventLog.readForDigest)
        else { return }
        let before = epochs.all.dropLast().last
        // Behind one that is not sealed there is nothing to begin with.
        guard let previous = before.map({ $0.seal?.digest }) ?? EpochSeal.noDigest else { return }
        var beginning = LiveDigest.Beginning(live.number, first: live.first, after: previous)
        // Most of it while the log goes on, and what has come meanwhile while it waits.
        try read(&beginning, through: min(recent.stored, tail))
        try read(&beginning, through: min(recent.stored, tail))
        try liveDigest.take(&beginning) { beginning throws(LogError) in
            try read(&beginning, through: min(recent.stored, tail))
            return live.last == nil && !keeper.isClosing
        }
    }
}
