/// A seeded generator of random numbers that gives the same numbers on every machine.
///
/// The algorithm is Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators" (OOPSLA 2014), with the constants of
/// Vigna's public-domain `splitmix64.c`. What is drawn from it takes integer arithmetic alone: floating-point libraries differ in last bits.
struct SplitMix64 {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A generator of its own, for draws whose number must not shift what this one draws next.
    mutating func fork() -> SplitMix64 {
        SplitMix64(seed: next())
    }

    /// A number from zero to `bound - 1`. For the small bounds here, the bias of a single multiplication is far below one in a billion.
    mutating func below(_ bound: Int) -> Int {
        Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// A number of `range`.
    mutating func number(in range: ClosedRange<Int>) -> Int {
        range.lowerBound + below(range.count)
    }

    /// Whether something happens that does so `permille` times in a thousand.
    mutating func chance(_ permille: Int) -> Bool {
        below(1000) < permille
    }

    /// One of `choices`, each as likely as the others.
    mutating func pick<Choice>(_ choices: [Choice]) -> Choice {
        choices[below(choices.count)]
    }
}
