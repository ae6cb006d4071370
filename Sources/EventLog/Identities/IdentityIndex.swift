internal import CLinux
internal import JourneyModel

/// The identities of the last events, in memory: hash to position.
///
/// Open addressing with linear probing, at most three quarters full: 12 bytes a slot, 16 to 32 bytes an event. The slot is the hash's first
/// bits, so that the table is nearly sorted as it lies. A hash is only a hint; the caller compares the stored event itself, so the answer is exact.
struct IdentityIndex: Sendable {
    /// Events at this position and before are not in it.
    let base: Position
    /// The last event that is in it.
    private(set) var last: Position

    private var hashes: [UInt64] = Array(repeating: 0, count: 1024)
    // Positions less `base`. Zero marks a slot that is free, or was taken back: which, `hashes` tells (zero is never a stored hash).
    private var offsets: [UInt32] = Array(repeating: 0, count: 1024)
    private var used = 0

    init(after base: Position) {
        self.base = base
        last = base
    }

    /// How many events it covers.
    var count: Int { Int(last - base) }

    /// Bytes of memory held.
    var memory: Int { hashes.capacity * 8 + offsets.capacity * 4 }

    /// Calls `body` with each position stored under `hash`.
    func each(_ hash: UInt64, _ body: (Position) -> Void) {
        let mask = hashes.count - 1
        var slot = home(hash)
        while hashes[slot] != 0 {
            if hashes[slot] == hash, offsets[slot] != 0 { body(base + Position(offsets[slot])) }
            slot = (slot + 1) & mask
        }
    }

    /// Has what is stored under `hash` fetched into the processor's cache.
    func prefetch(_ hash: UInt64) {
        unsafe hashes.withUnsafeBufferPointer { hashes in
            if let start = hashes.baseAddress { unsafe clinux_prefetch(start + home(hash)) }
        }
    }

    /// The positions stored under `hash`.
    func positions(_ hash: UInt64) -> [Position] {
        var positions: [Position] = []
        each(hash) { positions.append($0) }
        return positions
    }

    /// Adds the next position: there are no gaps.
    mutating func insert(_ hash: UInt64, _ position: Position) {
        if (used + 1) * 4 > hashes.count * 3 { grow() }
        place(hash, UInt32(truncatingIfNeeded: position - base))
        last = position
    }

    /// Takes the last position back, as its event was not stored after all.
    mutating func remove(_ hash: UInt64, _ position: Position) {
        let mask = hashes.count - 1
        var slot = home(hash)
        last = position - 1
        while hashes[slot] != 0 {
            if hashes[slot] == hash, offsets[slot] == UInt32(truncatingIfNeeded: position - base) {
                offsets[slot] = 0
                return
            }
            slot = (slot + 1) & mask
        }
    }

    /// All entries in the order of hash, then position. O(entries).
    func sorted() -> [IdentityEntry] {
        var entries: [IdentityEntry] = []
        entries.reserveCapacity(count)
        func add(_ slot: Int) {
            if offsets[slot] != 0 { entries.append(IdentityEntry(hash: hashes[slot], position: base + Position(offsets[slot]))) }
        }
        for slot in hashes.indices where home(hashes[slot]) <= slot { add(slot) }
        // What found no room at the end lies at the beginning.
        for slot in hashes.indices.prefix(while: { hashes[$0] != 0 }) where home(hashes[slot]) > slot { add(slot) }
        // Each is at most some places from where it belongs, which are those of its cluster.
        for index in entries.indices.dropFirst() {
            let entry = entries[index]
            var place = index
            while place > 0, entry < entries[place - 1] {
                entries[place] = entries[place - 1]
                place -= 1
            }
            entries[place] = entry
        }
        return entries
    }

    private func home(_ hash: UInt64) -> Int {
        Int(truncatingIfNeeded: hash >> UInt64(hashes.count.leadingZeroBitCount + 1))
    }

    private mutating func place(_ hash: UInt64, _ offset: UInt32) {
        let mask = hashes.count - 1
        var slot = home(hash)
        while hashes[slot] != 0 { slot = (slot + 1) & mask }
        hashes[slot] = hash
        offsets[slot] = offset
        used += 1
    }

    private mutating func grow() {
        let (oldHashes, oldOffsets) = (hashes, offsets)
        hashes = Array(repeating: 0, count: oldHashes.count * 2)
        offsets = Array(repeating: 0, count: oldOffsets.count * 2)
        used = 0
        for slot in oldHashes.indices where oldOffsets[slot] != 0 { place(oldHashes[slot], oldOffsets[slot]) }
    }
}

/// A hash and where its event is.
struct IdentityEntry: Comparable, Sendable {
    let hash: UInt64
    let position: Position

    static func < (left: IdentityEntry, right: IdentityEntry) -> Bool {
        (left.hash, left.position) < (right.hash, right.position)
    }
}
