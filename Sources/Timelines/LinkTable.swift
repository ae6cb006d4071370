/// All links that were ever asserted, numbered from zero in the order of their coming, and found by their pair.
///
/// Cost: 49 bytes a link, and 8 to 16 for finding it: open addressing, linear probing, at most half the slots in use. The links of a subject are a list.
struct LinkTable: Sendable {
    private struct Link: Sendable {
        let pair: LinkGraph.Pair
        var latest: LinkGraph.Assertions
        /// The links of the lower and of the upper subject that came before, plus one; zero where there is none.
        let before: (lower: UInt32, upper: UInt32)
    }

    private var links: [Link] = []
    private var isChanged: [Bool] = []
    private var changed: [UInt32] = []
    // Number + 1; zero is a free slot.
    private var slots: [UInt32] = Array(repeating: 0, count: 16)
    // Random, so that nobody can choose pairs that fall on one slot: multiply-shift hashing, Dietzfelbinger et al. 1997.
    private let multiplier = UInt64.random(in: .min ... .max) | 1

    /// How many links there are.
    var count: Int { links.count }

    func pair(_ link: UInt32) -> LinkGraph.Pair { links[Int(link)].pair }

    /// What is asserted of a link.
    func latest(of link: UInt32) -> LinkGraph.Assertions { links[Int(link)].latest }

    /// The link of `subject` that came before this one, plus one; zero where there is none.
    func before(_ link: UInt32, of subject: UInt32) -> UInt32 {
        let link = links[Int(link)]
        return link.pair.lower == subject ? link.before.lower : link.before.upper
    }

    /// The link of a pair, if there is one.
    func find(_ pair: LinkGraph.Pair) -> UInt32? {
        var slot = home(pair)
        while slots[slot] != 0 {
            if links[Int(slots[slot] - 1)].pair == pair { return slots[slot] - 1 }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    /// Adds the link of a pair that has none.
    mutating func add(_ pair: LinkGraph.Pair, before: (UInt32, UInt32)) -> UInt32 {
        if (links.count + 1) * 2 > slots.count { grow() }
        let link = UInt32(links.count)
        links.append(Link(pair: pair, latest: LinkGraph.Assertions(), before: before))
        isChanged.append(false)
        place(link)
        return link
    }

    /// Sets what is asserted of a link.
    mutating func set(_ link: UInt32, _ latest: LinkGraph.Assertions) {
        links[Int(link)].latest = latest
        markChanged(link)
    }

    mutating func markChanged(_ link: UInt32) {
        guard !isChanged[Int(link)] else { return }
        isChanged[Int(link)] = true
        changed.append(link)
    }

    /// The links that were changed since this was last called.
    mutating func takeChanges() -> [UInt32] {
        for link in changed { isChanged[Int(link)] = false }
        defer { changed.removeAll(keepingCapacity: true) }
        return changed
    }

    private func home(_ pair: LinkGraph.Pair) -> Int {
        Int(truncatingIfNeeded: (pair.key &* multiplier) >> UInt64(slots.count.leadingZeroBitCount + 1))
    }

    private mutating func place(_ link: UInt32) {
        var slot = home(links[Int(link)].pair)
        while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = link + 1
    }

    private mutating func grow() {
        slots = Array(repeating: 0, count: slots.count * 2)
        for link in 0..<UInt32(links.count) { place(link) }
    }
}
