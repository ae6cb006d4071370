/// Pauses that double with each failure in a row, with a random part, so that many clients of a daemon that starts do not come at once.
struct Backoff: Sendable {
    private let first: Duration
    private let longest: Duration
    private var state: UInt64
    /// Failures in a row.
    private(set) var failures = 0

    init(first: Duration, longest: Duration, seed: UInt64) {
        (self.first, self.longest, state) = (first, longest, seed)
    }

    /// The pause after another failure: between the half and the whole of what has doubled so far.
    mutating func next() -> Duration {
        let doubled = failures < 32 ? first * (1 << failures) : longest
        failures += 1
        return min(doubled, longest) * (1 - share() / 2)
    }

    /// Notes a success.
    mutating func reset() {
        failures = 0
    }

    /// A number from 0 up to, but not including, 1: SplitMix64.
    private mutating func share() -> Double {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Double((mixed ^ (mixed >> 31)) >> 11) * 0x1p-53
    }
}
