/// What compensations make of entries, for those who walk over them: a bit an entry says whether to look any further.
///
/// Memory: a bit an entry up to the last that is marked, and 80 bytes for each that is corrected.
struct EntryMarks: Sendable {
    private var bits: [UInt64] = []
    private var voided: Set<UInt32> = []
    private var corrected: [UInt32: Entry] = [:]

    /// Whether the entry at `index` counts as it came.
    @inline(__always)
    func isPlain(_ index: Int) -> Bool {
        let word = index >> 6
        return word >= bits.count || bits[word] >> UInt64(index & 63) & 1 == 0
    }

    /// Whether the entry at `index` does not count.
    func isVoided(_ index: UInt32) -> Bool { voided.contains(index) }

    /// What the entry at `index` counts as; nil where it does not count.
    func entry(_ index: Int, _ plain: Entry) -> Entry? {
        if voided.contains(UInt32(index)) { return nil }
        return corrected[UInt32(index)] ?? plain
    }

    /// Sets what holds of an entry.
    mutating func set(_ index: UInt32, isVoided: Bool, corrected entry: Entry?) {
        if isVoided { voided.insert(index) } else { voided.remove(index) }
        corrected[index] = entry
        let (word, bit) = (Int(index) >> 6, UInt64(1) << UInt64(index & 63))
        while bits.count <= word { bits.append(0) }
        if isVoided || entry != nil { bits[word] |= bit } else { bits[word] &= ~bit }
    }
}
