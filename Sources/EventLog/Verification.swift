internal import Crypto
package import JourneyModel
internal import LMDB
internal import Synchronization

/// What comparing the whole log found.
package struct Verification: Sendable {
    /// A part that is not what was written.
    package struct Damage: Equatable, Sendable, CustomStringConvertible {
        /// The epoch or file.
        package let place: String
        /// The first position concerned, if it is one.
        package let position: Position?
        package let reason: String

        package var description: String { "\(place)\(position.map { ", position \($0)" } ?? ""): \(reason)" }
    }

    /// What has been read so far: an epoch is done, or the index.
    package struct Step: Sendable {
        package let place: String
        /// The first position of an epoch; nil for the index.
        package var first: Position?
        package let events: Int
        package let damage: Damage?
    }

    /// The position that the log had when it began: what came later was not looked at.
    package let position: Position
    /// How many events were read and are what was written.
    package internal(set) var events = 0
    package internal(set) var damages: [Damage] = []

    /// Whether all is well.
    package var isSound: Bool { damages.isEmpty }
}

extension EventLog {
    /// Reads every record, compares it with its checksum, and the epochs with their seals, the seals with each other, and the index of
    /// identities with the records.
    ///
    /// The positions up to the tail at the beginning never change, so what is read is one state of the log, while it goes on.
    /// - Parameter progress: called after each epoch and after the index; what it returns says whether to go on.
    /// - Complexity: O(bytes), about 0.5 GB/s; it stops at the first damage of an epoch and goes on with the next.
    package func verify(_ progress: (Verification.Step) -> Bool) -> Verification {
        // Seals first: a seal's events are below any tail read later.
        let sealed = epochs.all.map { ($0, $0.seal) }
        var verification = Verification(position: tail)
        var previous = EpochSeal.noDigest
        var isFirst = true
        // The index is compared by a sum over its entries: order does not matter to it, and it needs no memory.
        let index = runs.snapshot.runs
        var sums = IdentitySums(index)
        for (epoch, seal) in sealed where epoch.first <= verification.position {
            // The first epoch that retention left refers to one that is gone.
            if isFirst, let seal { previous = seal.previous }
            isFirst = false
            var count = 0
            let damage = verify(epoch, seal, through: verification.position, after: previous, &count, &sums)
            verification.events += count
            if let damage { verification.damages.append(damage) }
            previous = seal?.digest ?? previous
            let step = Verification.Step(place: EpochList.name(epoch.number), first: epoch.first, events: count, damage: damage)
            guard progress(step) else { return verification }
        }
        if let reason = epochs.missingEnd, !verification.damages.contains(where: { $0.reason == reason }) {
            verification.damages.append(Verification.Damage(place: "end", position: nil, reason: reason))
        }
        for (number, run) in index.enumerated() {
            let damage = verification.isSound && run.first >= first ? sums.compare(run, number) : sums.read(run)
            if let damage { verification.damages.append(damage) }
            guard progress(Verification.Step(place: run.name, events: run.count, damage: damage)) else { return verification }
        }
        return verification
    }

    private func verify(
        _ epoch: Epoch, _ seal: EpochSeal?, through tail: Position, after previous: String, _ count: inout Int,
        _ sums: inout IdentitySums
    ) -> Verification.Damage? {
        let place = EpochList.name(epoch.number)
        do throws(LogError) {
            // Read again: the file is what a restart would see.
            if let seal, try EpochSeal.read(epochs.sealPath(epoch.number)) != seal {
                return Verification.Damage(place: place, position: epoch.first, reason: "its seal was changed or removed")
            }
            let about = try EpochAbout.read(epoch.directory)
            guard about == EpochAbout(log: epochs.log, number: epoch.number, first: epoch.first) else {
                return Verification.Damage(place: place, position: epoch.first, reason: "its about was changed or removed")
            }
            if let damage = try verifyStructure(epoch) { return damage }
            let last = min(epoch.last ?? tail, tail)
            var digest = EpochDigest(after: previous)
            // The sums are taken over what is intact.
            try readStored(after: epoch.first - 1) { (record, bytes) in
                guard record.position <= last else { return false }
                digest.add(record.position, bytes)
                sums.add(identity(record, bytes), record.position)
                count += 1
                return record.position < last
            }
            guard let seal else { return nil }
            if let size = Epoch.size(epoch.file), size != seal.size {
                return Verification.Damage(
                    place: place, position: nil, reason: "its file has \(size) bytes and not the \(seal.size) of its seal")
            }
            if seal.previous != previous {
                return Verification.Damage(place: place, position: epoch.first, reason: "its seal does not continue the one before")
            }
            if digest.finish() != seal.digest {
                return Verification.Damage(place: place, position: epoch.first, reason: "its digest is not that of its seal")
            }
            return nil
        } catch {
            if case .damaged(let position, let reason) = error {
                return Verification.Damage(place: place, position: position, reason: reason)
            }
            return Verification.Damage(place: place, position: nil, reason: "\(error)")
        }
    }

    /// What leads to the records, and the names that they refer to.
    private func verifyStructure(_ epoch: Epoch) throws(LogError) -> Verification.Damage? {
        let place = EpochList.name(epoch.number)
        let storage = try epoch.open()
        do throws(LMDBError) {
            try storage.environment.check()
        } catch {
            guard error.kind == .damaged else { throw LogError(error) }
            return Verification.Damage(place: place, position: epoch.first, reason: "\(epoch.file) is damaged (\(error))")
        }
        let names = try epoch.symbols(storage)
        let isKnown = symbols.withLock { all in
            // The writer may have added some since.
            (0..<UInt32(min(names.count, all.count))).allSatisfy { all.text($0) == names.text($0) }
        }
        guard !isKnown else { return nil }
        return Verification.Damage(place: place, position: epoch.first, reason: "its names of types and sources are not those of the log")
    }
}

/// Sums over the identities of the positions that each run covers, to compare with the run's own.
private struct IdentitySums {
    private let runs: [IdentityRun]
    private var sums: [UInt64]
    private var current = 0

    init(_ runs: [IdentityRun]) {
        self.runs = runs
        sums = Array(repeating: 0, count: runs.count)
    }

    /// Adds the identity of the next position.
    mutating func add(_ hash: UInt64, _ position: Position) {
        while current < runs.count, runs[current].last < position { current += 1 }
        guard current < runs.count, runs[current].first <= position else { return }
        sums[current] &+= IdentitySums.mix(hash, position)
    }

    /// Whether the run has just the entries of its positions.
    func compare(_ run: IdentityRun, _ number: Int) -> Verification.Damage? {
        var (sum, count) = (UInt64(0), 0)
        if let damage = read(run, { entry in (sum, count) = (sum &+ IdentitySums.mix(entry.hash, entry.position), count + 1) }) {
            return damage
        }
        // Positions that retention took away are still in the run and not in the log.
        guard sum == sums[number], count == run.count else {
            return Verification.Damage(place: run.name, position: run.first, reason: "it is not the index of its positions")
        }
        return nil
    }

    /// Reads a run, whose checksums and order say whether it is what was written.
    func read(_ run: IdentityRun, _ body: (IdentityEntry) -> Void = { _ in }) -> Verification.Damage? {
        var last: IdentityEntry?
        do throws(LogError) {
            for page in 0..<run.pages {
                for entry in try run.entries(page) {
                    if let last, entry < last { throw .unusable("it is not sorted on page \(page + 1)") }
                    last = entry
                    body(entry)
                }
            }
        } catch {
            return Verification.Damage(place: run.name, position: run.first, reason: "\(error); it is made again when it is needed")
        }
        return nil
    }

    private static func mix(_ hash: UInt64, _ position: Position) -> UInt64 {
        var mixed = hash ^ (position &* 0x9E37_79B9_7F4A_7C15)
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
