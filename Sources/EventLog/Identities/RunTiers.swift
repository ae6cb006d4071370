/// Which runs are merged: four neighbours of one size, so that n events are in O(log n) runs and each is written O(log n) times.
package struct RunTiers: Sendable {
    /// How many runs become one.
    package static let fanOut = 4

    /// Entries of a run that was not merged.
    package let tableSize: Int
    /// Entries of the largest run that is made.
    package let maximumMerge: Int

    package init(tableSize: Int, maximumMerge: Int) {
        (self.tableSize, self.maximumMerge) = (tableSize, maximumMerge)
    }

    /// Four neighbours that are to be merged, of the smallest size of which there are so many; nil where there are none.
    ///
    /// The oldest of their size, or one that came before they were merged would be left behind. One that was left behind counts as of the size of
    /// the runs behind it.
    /// - Parameter counts: the entries of each run, the oldest first.
    /// - Complexity: O(runs).
    package func next(_ counts: [Int]) -> Range<Int>? {
        var tiers = counts.map(tier)
        for index in tiers.indices.dropLast().reversed() { tiers[index] = max(tiers[index], tiers[index + 1]) }
        var end = counts.count
        while end > 0 {
            var start = end - 1
            while start > 0, tiers[start - 1] == tiers[start] { start -= 1 }
            let four = start..<(start + RunTiers.fanOut)
            if four.upperBound <= end, counts[four].reduce(0, +) <= maximumMerge { return four }
            end = start
        }
        return nil
    }

    private func tier(_ count: Int) -> Int {
        var (tier, size) = (0, tableSize * RunTiers.fanOut)
        while count >= size { (tier, size) = (tier + 1, size * RunTiers.fanOut) }
        return tier
    }
}
