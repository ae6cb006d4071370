import FoundationEssentials
import Glibc
import JourneyModel
import TestSupport
import Testing

/// The power is cut again and again, on a disk that loses what was not flushed: nothing acknowledged may be lost, doubled or reordered.
///
/// LOSTCACHE_ROUNDS says how often (100), SEED repeats the choices of a run.
@Suite struct LostCacheTests {
    private static let roundsOfDirectory = 50
    private static let roundsBetweenFullChecks = 10
    private static let cutsOfCall = 3
    private static let compiled = Result { try LostCache() }

    private let disk: LostCache

    init() throws {
        disk = try Self.compiled.get()
    }

    @Test func nothingAcknowledgedIsLostToAPowerCut() throws {
        let rounds = TortureTests.number("LOSTCACHE_ROUNDS", 100)
        let seed = UInt64(truncatingIfNeeded: TortureTests.number("SEED", Int.random(in: 1...1_000_000_000)))
        print("lost cache: SEED=\(seed) LOSTCACHE_ROUNDS=\(rounds)")
        let start = ContinuousClock.now
        var totals = TortureBench.Totals()
        var cuts = Cuts()
        while totals.rounds < rounds, totals.faults.count == 0 {
            var random = Seeded(seed: seed &+ UInt64(totals.rounds))
            let bench = try TortureBench(random: &random)
            let end = min(rounds, totals.rounds + Self.roundsOfDirectory)
            while totals.rounds < end, bench.ledger.faults.count == 0 {
                totals.rounds += 1
                let isFull = totals.rounds % Self.roundsBetweenFullChecks == 0 || totals.rounds == end
                try round(totals.rounds, bench, isFull: isFull, &cuts, &random)
            }
            bench.add(to: &totals)
            for fault in bench.ledger.faults.words {
                Issue.record("SEED=\(seed), round \(totals.rounds), \(cuts.last): \(fault)")
            }
        }
        print(TortureTests.summary("lost cache", totals, seconds: start.duration(to: .now).components.seconds) + cuts.summary)
        #expect(totals.faults.count == 0)
        #expect(totals.acknowledged > totals.rounds && cuts.pending > totals.rounds, "too little happened to say anything")
    }

    /// A disk whose flushes do nothing must be found out, or this harness finds nothing.
    @Test(arguments: [LostCache.Lie.all, .file, .dsync, .directory]) func flushesThatLieAreFoundOut(lie: LostCache.Lie) throws {
        var faults = Ledger.Faults()
        var rounds = 0
        while faults.count == 0, rounds < 60 {
            rounds += 1
            var random = Seeded(seed: UInt64(rounds))
            let bench = try TortureBench(random: &random)
            var cuts = Cuts()
            // In a directory that was made on an honest disk only its later files can lose their names.
            if lie != .directory { try round(1, bench, isFull: false, &cuts, &random) }
            try #require(bench.ledger.faults.count == 0, "\(bench.ledger.faults.words)")
            try round(2, bench, isFull: true, &cuts, &random, lie: lie)
            faults = bench.ledger.faults
        }
        print(
            "lost cache: flushes of kind \(lie) that do nothing were found out in round \(rounds): \(faults.words.first ?? "")".prefix(300))
        #expect(faults.count > 0, "not found out in \(rounds) rounds")
    }

    // MARK: - Every call, one by one

    /// Ended inside each call of its first start, a daemon starts again.
    @Test func aPowerCutInTheFirstStartDoesNoHarm() throws {
        let (ready, _) = try calls()
        for killAt in 1...ready {
            let modes = LostCachePowerCut.Mode.allCases
            for number in 0..<Self.cutsOfCall {
                let mode = modes[(killAt + number) % modes.count]
                var random = Seeded(seed: UInt64(killAt * 10 + number))
                let bench = try TortureBench(random: &random)
                try lives(bench, [killAt], &random)
                try LostCachePowerCut(journal: bench.scratch.path + "/journal", mode: mode, random: &random)
                do {
                    let daemon = try Daemon(bench.scratch, environment: bench.settings)
                    #expect(try daemon.post(eventJSON("1")).status == 200)
                } catch {
                    Issue.record("ended in call \(killAt) of \(ready), power cut \(mode): \(error)")
                }
            }
        }
    }

    /// Ended inside each call of an append, and started again without a power cut: what it calls stored then is there after one.
    @Test func aDuplicateOfWhatWasNotYetAnsweredIsDurable() throws {
        let (ready, appended) = try calls()
        var duplicates = 0
        for killAt in ready...(appended + 1) {
            for seed in 1...8 {
                var random = Seeded(seed: UInt64(killAt * 100 + seed))
                let bench = try TortureBench(random: &random)
                let answers = try lives(bench, [killAt, nil], &random)
                try LostCachePowerCut(journal: bench.scratch.path + "/journal", mode: .dropAll, random: &random)
                guard let answer = answers.last, answer.status == 200 else { continue }
                if answer.json?["duplicates"]?.integer == 1 { duplicates += 1 }
                let daemon = try Daemon(bench.scratch, environment: bench.settings)
                let stored = try daemon.get("/v1/events/1")
                #expect(
                    stored.json?["id"]?.text == "1",
                    "ended in call \(killAt), seed \(seed), answered \(answer.text) in the next life, lost to the power cut")
            }
        }
        #expect(duplicates > 0, "no life ended between the write and the answer")
    }

    /// How many watched calls a daemon makes on a new directory until it is ready, and until an event is stored.
    private func calls() throws -> (ready: Int, appended: Int) {
        var random = Seeded(seed: 1)
        let bench = try TortureBench(random: &random)
        let journal = bench.scratch.path + "/journal"
        let variables = bench.settings.merging(try disk.environment(root: bench.data, journal: journal)) { $1 }
        let daemon = try Daemon(bench.scratch, environment: variables)
        let ready = try LostCacheJournal(directory: journal).calls
        #expect(try daemon.post(eventJSON("1")).status == 200)
        let appended = try LostCacheJournal(directory: journal).calls
        // An append is a write to the journal and its flush.
        #expect(ready > 0 && appended >= ready + 2, "\(ready), \(appended)")
        return (ready, appended)
    }

    /// One life after another without a power cut, each sent the same event.
    ///
    /// - Returns: the answers of those that lived to answer.
    @discardableResult
    private func lives(_ bench: TortureBench, _ killAts: [Int?], _ random: inout Seeded) throws -> [RawConnection.Answer] {
        var answers: [RawConnection.Answer] = []
        for killAt in killAts {
            let variables = try disk.environment(
                root: bench.data, journal: bench.scratch.path + "/journal", killAt: killAt, seed: random.next())
            do {
                let daemon = try Daemon(bench.scratch, environment: bench.settings.merging(variables) { $1 })
                if let answer = try? daemon.post(eventJSON("1")) { answers.append(answer) }
                daemon.signal(SIGKILL)
            } catch let failure as Daemon.Failure where failure.signal == SIGKILL {}
        }
        return answers
    }

    // MARK: - Rounds

    /// What the power cuts met.
    private struct Cuts {
        var (inside, between, twoLives, pending, reverted) = (0, 0, 0, 0, 0)
        var modes: [LostCachePowerCut.Mode: Int] = [:]
        var last = ""

        var summary: String {
            let modes = modes.sorted { $0.key.rawValue < $1.key.rawValue }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
            return
                "; power cuts: \(modes); \(inside) told to end inside a call, \(between) from outside, \(twoLives) after a second life; "
                + "\(pending) writes and names were not flushed, \(reverted) sectors and names taken back"
        }
    }

    /// One or two lives on the disk, a power cut, and a check by a daemon on an honest disk.
    private func round(
        _ number: Int, _ bench: TortureBench, isFull: Bool, _ cuts: inout Cuts, _ random: inout Seeded, lie: LostCache.Lie? = nil
    ) throws {
        let journal = bench.scratch.path + "/journal"
        let phase = lie == nil ? TorturePhase.allCases.randomElement(using: &random) ?? .append : .append
        let killAt = lie == nil && Int.random(in: 0..<3, using: &random) > 0 ? Int.random(in: 1...200, using: &random) : nil
        bench.disturbance = try disk.environment(root: bench.data, journal: journal, killAt: killAt, seed: random.next(), lie: lie)
        let first = try bench.life(phase, round: number, random: &random, endsItself: killAt != nil)
        var (records, shared) = (first?.records ?? [], first?.shared ?? [])
        let hasSecondLife = lie == nil && Int.random(in: 0..<3, using: &random) == 0
        if hasSecondLife {
            let resent = bench.unstored
            bench.disturbance = try disk.environment(root: bench.data, journal: journal, seed: random.next())
            let second = try bench.life(
                .append, round: number, random: &random, resending: resent, onlyResends: Bool.random(using: &random))
            records += second?.records ?? []
            // Where they are may be the first life's doing or the second's.
            shared.formUnion(second?.shared ?? [])
            shared.formUnion(resent)
        }
        let mode = lie == nil ? LostCachePowerCut.Mode.allCases.randomElement(using: &random) ?? .dropAll : .dropAll
        cuts.last = "\(phase), ended in call \(killAt ?? 0), second life \(hasSecondLife), power cut \(mode)"
        let cut = try LostCachePowerCut(journal: journal, mode: mode, random: &random)
        cuts.modes[mode, default: 0] += 1
        if killAt == nil { cuts.between += 1 } else { cuts.inside += 1 }
        if hasSecondLife { cuts.twoLives += 1 }
        cuts.pending += cut.pending
        cuts.reverted += cut.reverted
        try bench.check(records, shared: shared, isFull: isFull, random: &random)
    }
}
