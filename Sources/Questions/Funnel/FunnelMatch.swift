/// An event of a journey that means something to a funnel.
struct FunnelMatch: Sendable, Equatable {
    /// Microseconds since the first time of its chunk.
    let time: Int64
    /// Bit i: it can fill step i + 1. Bit 32 + i: it is what exclusion i looks for.
    var mask: UInt64
    /// Its row in the event table.
    let row: UInt32

    static let stepBits: UInt64 = 0xFFFF_FFFF

    /// The steps it can fill.
    @inline(__always)
    var steps: UInt32 { UInt32(truncatingIfNeeded: mask) }
    /// The exclusions it is.
    @inline(__always)
    var exclusions: UInt32 { UInt32(truncatingIfNeeded: mask >> 32) }
}

/// What came of holding one journey (or try, or subject) against a funnel.
struct FunnelOutcome: Sendable {
    /// How many steps it reached; zero where it did not enter.
    var level = 0
    /// Whether it may still reach more.
    var isOpen = false
    /// The matches of the first ``level`` steps, by their number in the journey; in the order of time.
    var chain = [Int32](repeating: 0, count: FunnelDefinition.maximumSteps)
}

/// What an engine knows of the funnel.
struct FunnelRules: Sendable {
    /// How many steps there are.
    let steps: Int
    /// Microseconds.
    let window: Int64
    /// The moment to judge at, in the time of the matches.
    var at: Int64
    /// By exclusion, the levels that it ends: bit l for chains that have l + 1 steps.
    let ends: [UInt32]

    /// The levels that a match ends.
    @inline(__always)
    func endedLevels(_ match: FunnelMatch) -> UInt32 {
        var rest = match.exclusions
        var ended: UInt32 = 0
        while rest != 0 {
            ended |= ends[rest.trailingZeroBitCount]
            rest &= rest - 1
        }
        return ended
    }
}

extension UInt32 {
    /// Calls `body` with the number of each set bit, the highest first.
    @inline(__always)
    func forEachBitDescending(_ body: (Int) -> Void) {
        var rest = self
        while rest != 0 {
            let bit = 31 - rest.leadingZeroBitCount
            body(bit)
            rest &= ~(1 << UInt32(bit))
        }
    }
}
