internal import JourneyModel

/// Where each event is that was ever stored, by the hash of its source and id: what makes appending twice the same as once.
///
/// Open addressing with linear probing, at most three quarters full: 12 bytes a slot, 16 to 32 bytes an event. A hash is only a
/// hint; the caller compares the stored event itself, so the answer is exact. Rebuilt from the log at start (about 5 M events/s).
struct IdentityIndex {
    /// The highest position it can hold.
    static let maximumPosition = Position(UInt32.max)

    private var hashes: [UInt64] = Array(repeating: 0, count: 1024)
    // Zero marks a slot that is free, or was taken back: which of the two, `hashes` tells (zero is never a stored hash).
    private var positions: [UInt32] = Array(repeating: 0, count: 1024)
    private var used = 0

    /// Bytes of memory held.
    var memory: Int { hashes.capacity * 8 + positions.capacity * 4 }

    /// Calls `matches` with each position stored under `hash` until it returns true.
    ///
    /// - Returns: the position for which it did.
    func first<Failure: Error>(_ hash: UInt64, where matches: (Position) throws(Failure) -> Bool) throws(Failure) -> Position? {
        let hash = hash == 0 ? 1 : hash
        let mask = hashes.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while hashes[slot] != 0 {
            if hashes[slot] == hash, positions[slot] != 0, try matches(Position(positions[slot])) { return Position(positions[slot]) }
            slot = (slot + 1) & mask
        }
        return nil
    }

    /// Adds a position, which must be at most ``maximumPosition``.
    mutating func insert(_ hash: UInt64, _ position: Position) {
        if (used + 1) * 4 > hashes.count * 3 { grow() }
        place(hash == 0 ? 1 : hash, UInt32(position))
    }

    /// Takes a position back, as its event was not stored after all.
    mutating func remove(_ hash: UInt64, _ position: Position) {
        let hash = hash == 0 ? 1 : hash
        let mask = hashes.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while hashes[slot] != 0 {
            if hashes[slot] == hash, positions[slot] == UInt32(position) {
                positions[slot] = 0
                return
            }
            slot = (slot + 1) & mask
        }
    }

    private mutating func place(_ hash: UInt64, _ position: UInt32) {
        let mask = hashes.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while hashes[slot] != 0 { slot = (slot + 1) & mask }
        hashes[slot] = hash
        positions[slot] = position
        used += 1
    }

    private mutating func grow() {
        let (oldHashes, oldPositions) = (hashes, positions)
        hashes = Array(repeating: 0, count: oldHashes.count * 2)
        positions = Array(repeating: 0, count: oldPositions.count * 2)
        used = 0
        for slot in oldHashes.indices where oldPositions[slot] != 0 {
            place(oldHashes[slot], oldPositions[slot])
        }
    }
}
