/// How long work lies until somebody does it: a skewed wait around a median, most of them shorter, a few very long.
struct Wait {
    /// In seconds.
    var median: Int

    static func minutes(_ median: Int) -> Wait { Wait(median: median * 60) }
    static func hours(_ median: Int) -> Wait { Wait(median: median * 3600) }
    static func days(_ median: Int) -> Wait { Wait(median: median * 86_400) }

    static func * (wait: Wait, factor: Int) -> Wait { Wait(median: wait.median * factor) }

    /// Draws a wait, in seconds.
    func draw(_ random: inout SplitMix64) -> Int {
        let bits = random.next()
        let knot = Int(bits >> 59)
        let fraction = Int(bits >> 43 & 0xFFFF)
        let (low, high) = (Wait.quantiles[knot], Wait.quantiles[knot + 1])
        return median * (low + ((high - low) * fraction) >> 16) / 1000
    }

    /// The quantiles 0/32 … 32/32 of a log-normal distribution with sigma 0.8, in thousandths of its median.
    /// The two ends stand at 1/512 and 511/512, so that every wait is bounded.
    private static let quantiles = [
        99, 225, 293, 348, 398, 446, 492, 537, 583, 629, 676, 725, 775, 827, 882, 939, 1000,
        1065, 1134, 1209, 1290, 1380, 1478, 1589, 1715, 1861, 2033, 2243, 2510, 2870, 3412, 4438, 10_059,
    ]
}
