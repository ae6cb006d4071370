import FoundationEssentials
import TestSupport
import Testing

/// Short editions of the runs that `make soak` and `make fuzz` do for an hour.
@Suite struct LongRunTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    @Test func twentyThousandSpoiltInputsCrashNothing() throws {
        let run = try Program.run("Fuzz", ["--inputs", "20000"], in: scratch)
        #expect(run.status == 0, "\(run.output) \(run.error.suffix(2_000))")
        #expect(run.output.contains("seed ") && run.output.contains("20000 inputs"))
    }

    @Test func overRestartsFollowersLoseAndDoubleNothing() throws {
        let run = try Program.run(
            "Soak", ["--journeyd", Daemon.programs + "journeyd", "--minutes", "0.4", "--restart", "0.08", "--rate", "4000"], in: scratch)
        #expect(run.status == 0, "\(run.output) \(run.error)")
        #expect(run.output.contains("nothing was lost, doubled or reordered"))
    }
}
