import Glibc
import JourneyModel
import TestSupport
import Testing

/// The built-in views are built anew under another stage map, and the daemon is killed meanwhile: who asks has the old numbers or the new ones.
///
/// VIEW_ROUNDS says how often it is killed (12), SEED repeats the choices of a run; the moments are the kernel's.
@Suite(.serialized) struct RebuiltViewTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    /// What the funnel says, under which map.
    private struct Numbers: Equatable {
        let map: String
        let stages: String

        init(_ answer: RawConnection.Answer, map: String) throws {
            let json = try #require(answer.json, "\(answer.text)")
            self.map = try #require(json[map]?.text, "\(answer.text)")
            let stages = try #require(json["stages"], "\(answer.text)")
            self.stages = String(decoding: stages.canonicalText, as: UTF8.self)
        }
    }

    private func funnel(_ daemon: Daemon, after position: Int) throws -> Numbers {
        try Numbers(daemon.get("/v1/funnel?at=2027-01-01&after=\(position)"), map: "definition")
    }

    /// What a question says that is asked of all history.
    private func asked(_ daemon: Daemon, under map: String) throws -> Numbers {
        let body = #"{"stages":{},"at":"2027-01-01T00:00:00Z","under":\#(map)}"#
        return try Numbers(daemon.post(body, "application/json", to: "/v1/questions"), map: "map")
    }

    private func isLive(_ daemon: Daemon) throws -> Bool {
        try daemon.get("/v1/views").json?["views"]?.elements?.first?["state"]?.text == "live"
    }

    private func set(_ daemon: Daemon, _ map: String, _ id: String) throws -> Int {
        let event = eventJSON(
            id, type: "ops.definition.set", subject: "definition:stages",
            data: #"{"name":"m","kind":"stages","definition":\#(map)}"#)
        return try #require(try daemon.post(event).json?["last"]?.integer)
    }

    @Test(.timeLimit(.minutes(60))) func aKilledRebuildLeavesTheOldNumbersOrTheNewOnes() throws {
        let rounds = TortureTests.number("VIEW_ROUNDS", 12)
        let seed = TortureTests.number("SEED", Int.random(in: 0..<1 << 30))
        print("rebuilt views: SEED=\(seed) VIEW_ROUNDS=\(rounds)")
        var random = Seeded(seed: UInt64(seed))
        let shipped = String(decoding: try StageMap.shipped().canonicalText, as: UTF8.self)
        var daemon = try Daemon(scratch)
        let simulated = try Program.run("journeyctl", ["simulate", "--journeys", "3000", "--seed", "\(seed % 1000)"], in: scratch)
        #expect(try daemon.post(simulated.output, "application/x-ndjson").status == 200)
        var position = try #require(try daemon.get("/v1/status").json?["position"]?.integer)
        var (old, oldMap) = (try funnel(daemon, after: position), shipped)
        var (oldSeen, kills) = (0, 0)
        for round in 1...rounds {
            let map = shipped.replacing("P540D", with: "P\(1 + round * 5)D")
            let new = try asked(daemon, under: map)
            position = try set(daemon, map, "map-\(round)")
            // Sometimes at once, sometimes while it builds, sometimes when it has just cut over.
            let waits = Int.random(in: 0..<3, using: &random)
            var isNew = false
            for _ in 0..<(waits * Int.random(in: 1...40, using: &random)) where !isNew {
                isNew = try funnel(daemon, after: position) == new
            }
            // Now and then the old map is set again meanwhile, and what was built is given up.
            let isBack = round % 3 == 0
            if isBack {
                position = try set(daemon, oldMap, "back-\(round)")
                for _ in 0..<Int.random(in: 0...20, using: &random) { _ = try funnel(daemon, after: position) }
            }
            #expect(daemon.signal(SIGKILL) == -SIGKILL)
            kills += 1
            daemon = try Daemon(scratch)
            while isBack {
                let (isLive, told) = (try isLive(daemon), try funnel(daemon, after: position))
                #expect(told == old || told == new && !isLive, "round \(round): SEED=\(seed), back, \(told.map)")
                if isLive, told == old { break }
            }
            while !isBack {
                let told = try funnel(daemon, after: position)
                #expect(told == new || told == old && !isNew, "round \(round): SEED=\(seed), \(told.map)")
                isNew = isNew || told == new
                if told == new { break }
                oldSeen += 1
            }
            #expect(try asked(daemon, under: map) == new, "round \(round): as one from zero")
            while try !isLive(daemon) { sched_yield() }
            if !isBack { (old, oldMap) = (new, map) }
        }
        print("rebuilt views: \(kills) kills, the old numbers were told \(oldSeen) times behind one")
    }
}
