import FoundationEssentials
import Glibc
import JourneyModel
import TestSupport
import Testing

/// A service that emits and the daemon it emits to are killed again and again: each event is stored once, and in its subject's order.
@Suite struct EmitterTests {
    private static let endless = 1 << 30
    private static let subjects = 16

    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    private var printed: String { scratch.path + "/printed" }

    /// The last number that the service said was taken.
    private var taken: Int {
        let text = (try? String(contentsOfFile: printed, encoding: .utf8)) ?? ""
        // A line without its end may be half of a number.
        return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().compactMap { Int($0) }.last ?? 0
    }

    private func start(from first: Int, to last: Int = endless) throws -> pid_t {
        try Program.spawn(
            Daemon.programs + "EmitterProbe",
            [scratch.path + "/s", scratch.path + "/spool", String(first), String(last), String(Self.subjects)],
            standardError: scratch.path + "/probe-stderr", standardOutput: printed)
    }

    private func end(_ process: pid_t, with signal: Int32? = nil) -> Int32 {
        if let signal { kill(process, signal) }
        var status: Int32 = 0
        unsafe waitpid(process, &status, 0)
        return status
    }

    @Test func eachEventIsStoredOnceAndInOrderThoughBothAreKilled() throws {
        var random = Seeded(seed: 20_261_125)
        var daemon = try Daemon(scratch)
        var next = 1
        // The moment of a death is the number of events taken or stored by then; the service dies in every other round.
        for round in 0..<8 {
            let process = try start(from: next)
            let step = Int.random(in: 100...700, using: &random)
            if round.isMultiple(of: 2) {
                let goal = next + step
                while taken < goal { sched_yield() }
            } else {
                let goal = try position(daemon) + step
                while try position(daemon) < goal { sched_yield() }
                daemon.signal(SIGKILL)
                daemon = try Daemon(scratch)
            }
            #expect(end(process, with: SIGKILL) & 0x7F == SIGKILL, "the service had ended: \(errors)")
            next = max(next, taken + 1)
        }
        let last = next + 500
        #expect(end(try start(from: next, to: last)) == 0, "\(errors)")
        try check(daemon, last)
    }

    private var errors: String { (try? String(contentsOfFile: scratch.path + "/probe-stderr", encoding: .utf8)) ?? "" }

    private func position(_ daemon: Daemon) throws -> Int {
        try daemon.get("/v1/status").json?["position"]?.integer ?? 0
    }

    private func check(_ daemon: Daemon, _ last: Int) throws {
        var numbers: [Int] = []
        while true {
            let page = try #require(try daemon.get("/v1/events?after=\(numbers.count)&limit=10000").json?["events"]?.elements)
            guard !page.isEmpty else { break }
            for event in page { numbers.append(try #require(event["data"]?["number"]?.integer)) }
        }
        #expect(numbers.sorted() == Array(1...last))
        for subject in 0..<Self.subjects {
            let own = numbers.filter { $0 % Self.subjects == subject }
            #expect(own == own.sorted(), "lead:\(subject) is out of order")
        }
        let rejected = (try? String(contentsOfFile: scratch.path + "/spool/rejected.ndjson", encoding: .utf8)) ?? ""
        #expect(rejected.isEmpty)
    }
}
