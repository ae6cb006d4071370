import JourneyModel
import Questions
import TestSupport
import Testing

@Suite struct DistributionTests {
    @Test func quantilesAreByNearestRank() {
        let ten = Distribution((1...10).reversed())
        #expect(ten.median == 5 && ten.quantile(percent: 90) == 9 && ten.quantile(percent: 75) == 8 && ten.mean == 5)
        #expect(Distribution([-2, 4, 6]).median == 4)
        #expect(Distribution([7]).quantile(percent: 90) == 7)
        #expect(Distribution([]).median == nil && Distribution([]).mean == nil && Distribution([]).quantile(percent: 50) == nil)
        // The sum of these does not fit 64 bits.
        #expect(Distribution([.max, .max]).mean == .max && Distribution([.max - 1, .max]).median == .max - 1)
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func countsLikeAFilter(seed: UInt64) {
        var random = Seeded(seed: seed)
        for _ in 0..<200 {
            let values = (0..<Int.random(in: 0...30, using: &random)).map { _ in Int64.random(in: -5...5, using: &random) }
            let limit = Int64.random(in: -6...6, using: &random)
            #expect(Distribution(values).count(above: limit) == values.count { $0 > limit }, "seed \(seed)")
        }
    }

    @Test func secondsAreWrittenExactly() {
        var writer = JSONWriter()
        writer.array { writer in
            for microseconds: Int64 in [0, 1_500_000, -172_800_000_000, 1, -1, 1_209_600_000_000] {
                writer.seconds(microseconds: microseconds)
            }
        }
        #expect(String(decoding: writer.bytes, as: UTF8.self) == "[0,1.5,-172800,0.000001,-0.000001,1209600]")
    }
}
