import FoundationEssentials
import Glibc
import JourneyModel
import TestSupport
import Testing

/// A damaged event, as those see it who look after the daemon: what it says of itself, and that it goes on.
@Suite struct ParkedEventTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    private static let count = 40
    /// Identities are stored early: the log takes no events where those cannot be read that are not.
    private static let settings = ["JOURNEYD_LOG_IDENTITY_TAIL": "4"]

    private static func lead(_ number: Int) -> String {
        eventJSON("lead-\(number)", type: "marketing.lead.qualified", subject: "lead:\(number)", data: #"{"lead_id":"\#(number)"}"#)
    }

    /// What the views are said to be.
    private func views(_ daemon: Daemon) throws -> [String] {
        let views = try daemon.get("/v1/views").json?["views"]?.elements ?? []
        return views.prefix(2).map { "\($0["state"]?.text ?? "") \($0["partial"]?["parked"]?.integer ?? 0)" }
    }

    private func entered(_ daemon: Daemon, after position: Int) throws -> Int? {
        let answer = try daemon.get("/v1/funnel?after=\(position)")
        #expect(answer.status == 200, "\(answer.text)")
        return answer.json?["stages"]?.elements?.first { $0["stage"]?.text == "mql" }?["entered"]?.integer
    }

    @Test(.timeLimit(.minutes(10))) func theDaemonGoesOnWithoutIt() throws {
        do {
            let daemon = try Daemon(scratch, environment: Self.settings)
            for number in 1...Self.count { #expect(try daemon.post(Self.lead(number)).status == 200) }
            #expect(try daemon.post("", to: "/v1/admin/seal").status == 200)
            while try daemon.get("/v1/status").json?["log"]?["sealed"]?.integer != 1 { sched_yield() }
            #expect(daemon.signal(SIGTERM) == 0)
        }
        let damaged = try DamagedRecord(scratch.path + "/data", id: "lead-3", subject: "lead:3")
        try damaged.flip()
        // The checkpoint has it whole, from before; from zero it is met with.
        try FileManager.default.removeItem(atPath: scratch.path + "/data/views")
        for _ in 1...2 {
            let daemon = try Daemon(scratch, environment: Self.settings)
            #expect(try entered(daemon, after: Self.count) == Self.count - 1)
            // Whoever waits for a position is answered a moment before the views say that they have caught up.
            while try views(daemon) != ["live 1", "live 1"] { sched_yield() }
            let health = try daemon.get("/healthz")
            #expect(health.status == 200 && health.json?["status"]?.text == "degraded", "\(health.text)")
            #expect(health.json?["views"]?.elements?.first?["partial"]?["events"]?.elements?.first?["position"]?.integer == 3)
            #expect(try daemon.get("/v1/friction").json?["partial"]?["parked"]?.integer == 1)
            #expect(try daemon.get("/v1/events?subject=lead:1").json?["partial"]?["parked"]?.integer == 1)
            #expect(try daemon.get("/metrics").text.contains(#"journeyd_view_parked_events{view="funnel""#), "it is in the metrics")
            let told = try Program.run("journeyctl", ["--socket", daemon.socketPath, "views"], in: scratch)
            #expect(told.status == 0 && told.output.contains("partial: 1 events parked"), "\(told.output)")
            // Over a start nothing is forgotten.
            #expect(daemon.signal(SIGTERM) == 0)
        }
        try damaged.flip()
        let daemon = try Daemon(scratch, environment: Self.settings)
        while try views(daemon) != ["live 0", "live 0"] { sched_yield() }
        #expect(try entered(daemon, after: Self.count) == Self.count)
        #expect(try daemon.get("/healthz").json?["status"]?.text == "ok")
    }
}
