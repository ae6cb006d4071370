import FoundationEssentials
import TestSupport
import Testing

/// The daemon is killed again and again, whatever it does, and must never lose, double or reorder what it acknowledged.
///
/// ROUNDS says how often (200), SEED repeats the choices of a run; the moments are the kernel's.
@Suite struct TortureTests {
    private static let roundsOfDirectory = 100
    private static let roundsBetweenFullChecks = 25

    /// A number from the environment.
    static func number(_ name: String, _ otherwise: Int) -> Int {
        ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? otherwise
    }

    @Test func nothingAcknowledgedIsLostToAnyKill() throws {
        let rounds = Self.number("ROUNDS", 200)
        let seed = UInt64(truncatingIfNeeded: Self.number("SEED", Int.random(in: 1...1_000_000_000)))
        print("torture: SEED=\(seed) ROUNDS=\(rounds)")
        let start = ContinuousClock.now
        var totals = TortureBench.Totals()
        while totals.rounds < rounds, totals.faults.count == 0 {
            // A directory's choices follow from the seed and its first round, so that one can be repeated without those before it.
            var random = Seeded(seed: seed &+ UInt64(totals.rounds))
            let bench = try TortureBench(random: &random)
            let end = min(rounds, totals.rounds + Self.roundsOfDirectory)
            while totals.rounds < end, bench.ledger.faults.count == 0 {
                totals.rounds += 1
                let phase = TorturePhase.allCases.randomElement(using: &random) ?? .append
                let life = try bench.life(phase, round: totals.rounds, random: &random)
                let isFull = totals.rounds % Self.roundsBetweenFullChecks == 0 || totals.rounds == end
                try bench.check(life?.records ?? [], shared: life?.shared ?? [], isFull: isFull, random: &random)
            }
            if bench.ledger.faults.count == 0 { try bench.checkViews() }
            bench.add(to: &totals)
            if totals.rounds % 1_000 == 0, totals.rounds < rounds { print("torture: \(totals.rounds) rounds") }
            for fault in bench.ledger.faults.words { Issue.record("SEED=\(seed), round \(totals.rounds): \(fault)") }
        }
        print(Self.summary("torture", totals, seconds: start.duration(to: .now).components.seconds))
        #expect(totals.faults.count == 0)
        #expect(totals.acknowledged > totals.rounds, "too little was acknowledged to say anything")
    }

    static func summary(_ name: String, _ totals: TortureBench.Totals, seconds: Int64) -> String {
        let kills = totals.kills.sorted { $0.key.rawValue < $1.key.rawValue }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        return """
            \(name): \(totals.rounds) rounds in \(seconds) s; kills: \(kills); \(totals.acknowledged) events acknowledged, \
            \(totals.duplicates) duplicates re-sent; lost \(totals.faults.lost), duplicated \(totals.faults.duplicated), \
            out of order \(totals.faults.outOfOrder), other faults \(totals.faults.other)
            """
    }
}
