import EventLog
import TestSupport
import Testing

/// Runs stay few, whenever the keeper comes to merge them.
@Suite struct RunTiersTests {
    private static let tableSize = 16

    @Test(arguments: 1...50) func runsStayFew(seed: Int) throws {
        var random = Seeded(seed: UInt64(seed))
        let tiers = RunTiers(tableSize: Self.tableSize, maximumMerge: 1 << 20)
        // Some that an older merge left behind.
        var counts = (0..<Int.random(in: 0...6, using: &random)).map { _ in Int.random(in: 1...300, using: &random) }
        var (written, largest) = (0, 0)
        for _ in 0..<2_000 {
            counts.append(Self.tableSize + Int.random(in: 0...3, using: &random))
            // Now and then it is busy with other things while many tables are written.
            guard Int.random(in: 0..<8, using: &random) > 0 else { continue }
            while let four = tiers.next(counts) {
                #expect(four.count == RunTiers.fanOut)
                let sum = counts[four].reduce(0, +)
                counts.replaceSubrange(four, with: [sum])
                written += sum
            }
            largest = max(largest, counts.count)
        }
        let total = counts.reduce(0, +)
        // 2,000 tables are six sizes of 4: at most three of each wait, and each entry is written once for each size.
        #expect(largest <= 3 * 7, "seed \(seed): \(largest) runs")
        #expect(written <= 7 * total, "seed \(seed): \(written) of \(total)")
    }

    @Test func oneThatWasLeftBehindIsMergedWithThoseBehindIt() {
        let tiers = RunTiers(tableSize: 16, maximumMerge: 1 << 20)
        #expect(tiers.next([16, 64, 64, 64, 16]) == 0..<4)
        #expect(tiers.next([16, 16, 16, 16, 16]) == 0..<4)
        #expect(tiers.next([256, 64, 64, 64, 16, 16, 16]) == nil)
    }

    @Test func whatIsTooLargeIsLeft() {
        let tiers = RunTiers(tableSize: 16, maximumMerge: 200)
        #expect(tiers.next([64, 64, 64, 64]) == nil)
        #expect(tiers.next([64, 64, 64, 64, 16, 16, 16, 16]) == 4..<8)
    }
}
