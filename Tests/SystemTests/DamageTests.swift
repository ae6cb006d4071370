import FoundationEssentials
import Glibc
import JourneyModel
import TestSupport
import Testing

/// Bits flip and files are cut, in every file of a log: each time it is named, or all answers stay the same.
///
/// FLIPS says how often (300), SEED repeats a run.
@Suite struct DamageTests {
    private static let at = "at=2027-01-01"

    @Test func damageIsNamedOrHarmless() throws {
        let flips = TortureTests.number("FLIPS", 300)
        let seed = UInt64(truncatingIfNeeded: TortureTests.number("SEED", Int.random(in: 1...1_000_000_000)))
        print("damage: SEED=\(seed) FLIPS=\(flips)")
        var random = Seeded(seed: seed)
        let (log, scratch) = (try DamagedLog(), try Scratch(isVolatile: true))
        let copy = scratch.path + "/data"
        func probe() throws -> DamageProbeProcess {
            try log.copy(to: scratch.path + "/sound", nil)
            return try DamageProbeProcess(scratch.path + "/sound", errors: scratch.path + "/errors")
        }
        var counts: [String: (harmless: Int, named: Int)] = [:]
        var wrong = 0
        var current = try probe()
        for _ in 0..<flips where wrong < 20 {
            let damage = log.damage(&random)
            try log.copy(to: copy, damage)
            let kind = log.kind(damage.file)
            switch current.verdict(copy) {
            case .some(let verdict) where verdict == "harmless": counts[kind, default: (0, 0)].harmless += 1
            case .some(let verdict) where verdict.hasPrefix("named "): counts[kind, default: (0, 0)].named += 1
            case let verdict:
                wrong += 1
                Issue.record("SEED=\(seed): \(damage): \(verdict ?? "the program crashed or hung: \(errors(scratch))")")
                if verdict == nil { current = try probe() }
            }
        }
        let table = counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.named) named, \($0.value.harmless) harmless" }
        print("damage: \(flips) times, \(wrong) wrong; \(table.joined(separator: "; "))")
        let inPages = counts.filter { $0.key.hasSuffix("data.mdb") }.values.reduce(0) { $0 + $1.named }
        #expect(inPages > flips / 20, "too little was noticed to say anything")
    }

    private func errors(_ scratch: Scratch) -> String {
        String(((try? String(contentsOfFile: scratch.path + "/errors", encoding: .utf8)) ?? "").suffix(1_000))
    }

    /// The same through the daemon: it answers, or says why it does not start.
    @Test func theDaemonNamesDamage() throws {
        let flips = max(10, TortureTests.number("FLIPS", 300) / 100)
        let seed = UInt64(truncatingIfNeeded: TortureTests.number("SEED", Int.random(in: 1...1_000_000_000)))
        print("damage, whole daemon: SEED=\(seed), \(flips) times")
        var random = Seeded(seed: seed)
        let (log, scratch) = (try DamagedLog(), try Scratch(isVolatile: true))
        try log.copy(to: scratch.path + "/data", nil)
        let sound = try DaemonAnswers(scratch)
        #expect(sound.named.isEmpty && sound.status == 200, "\(sound.named)")
        var named = 0
        for _ in 0..<flips {
            let damage = log.damage(&random)
            try log.copy(to: scratch.path + "/data", damage)
            try? FileManager.default.removeItem(atPath: scratch.path + "/stderr")
            do {
                let answers = try DaemonAnswers(scratch)
                let isSame = answers.events == sound.events && answers.views == sound.views
                #expect(isSame || !answers.named.isEmpty, "SEED=\(seed): \(damage) changes answers, and nothing says so")
                named += answers.named.isEmpty ? 0 : 1
            } catch let failure as Daemon.Failure {
                #expect(failure.signal == 0 && failure.description.contains("/data"), "SEED=\(seed): \(damage): \(failure)")
                named += 1
            }
        }
        print("damage, whole daemon: \(named) of \(flips) named")
    }

    /// What a daemon answers about everything, and what it names.
    private struct DaemonAnswers {
        let status: Int
        var named: [String] = []
        let events: [JSONValue]
        var views: [String] = []

        init(_ scratch: Scratch) throws {
            let daemon = try Daemon(scratch, environment: DamagedLog.settings, mayFail: true)
            let health = try daemon.get("/healthz")
            status = health.status
            if health.status != 200 { named.append(health.text) }
            let state = try daemon.get("/v1/status").json
            for reason in state?["log"]?["damage"]?.elements ?? [] { named.append(reason.text ?? "") }
            let list = try daemon.get("/v1/events?limit=1000")
            if list.status != 200 { named.append(list.text) }
            events = list.json?["events"]?.elements ?? []
            for view in ["funnel", "friction"] {
                let answer = try daemon.get("/v1/\(view)?\(DamageTests.at)&after=\(state?["position"]?.integer ?? 0)")
                if answer.status != 200 { named.append(answer.text) }
                views.append(answer.text)
            }
            let paths = try daemon.post(#"{"paths":{},"at":"2027-01-01"}"#, "application/json", to: "/v1/questions")
            if paths.status != 200 { named.append(paths.text) }
            views.append(paths.text)
            let verification = try daemon.post("", to: "/v1/admin/verify")
            for damage in verification.lines.last?["damage"]?.elements ?? [] { named.append(damage["reason"]?.text ?? "") }
            #expect(verification.status == 200, "\(daemon.log)")
            daemon.signal(SIGKILL)
        }
    }
}
