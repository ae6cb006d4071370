import Dispatch
import Glibc
import JourneyModel
import Synchronization
import TestSupport
import Testing

/// A file system that fills is a state that passes: appends are refused, all else goes on, and nothing acknowledged is missing.
@Suite(.enabled(if: FullDisk.isPermitted, "SKIPPED: mounting a file system needs root and is not permitted here"))
struct FullDiskTests {
    private static let ballast = 16 << 20
    private static let writers = 3

    private let disk: FullDisk

    init() throws {
        disk = try FullDisk()
        try disk.addBallast(bytes: Self.ballast)
    }

    /// What was stored, by the word of the daemon.
    private struct Acknowledged {
        var ledger = Ledger()
        var positions: [(event: Int, position: Int)] = []
        var refusals: [String] = []
    }

    /// Reads all the time, and notes what was not answered as it should be.
    private final class Reader: Sendable {
        let answers = Atomic(0)
        let isEnding = Atomic(false)
        let faults = Mutex([String]())

        func run(_ daemon: Daemon) {
            while !isEnding.load(ordering: .acquiring) {
                for target in ["/v1/events?limit=20", "/v1/status", "/healthz"] {
                    do {
                        let answer = try daemon.get(target)
                        if answer.status != 200 { faults.withLock { $0.append("\(target): \(answer.status) \(answer.text.prefix(200))") } }
                    } catch {
                        faults.withLock { $0.append("\(target): \(error)") }
                        return
                    }
                    answers.add(1, ordering: .relaxed)
                }
            }
        }

        /// Waits for so many more answers, or a fault.
        func wait(more count: Int) {
            let goal = answers.load(ordering: .relaxed) + count
            while answers.load(ordering: .relaxed) < goal, faults.withLock({ $0.isEmpty }) { sched_yield() }
        }
    }

    @Test func appendsAreRefusedReadsGoOnAndAppendsSucceedAgain() throws {
        let daemon = try Daemon(disk.scratch)
        let reader = Reader()
        let (queue, group) = (DispatchQueue(label: "reader", attributes: .concurrent), DispatchGroup())
        queue.async(group: group) { reader.run(daemon) }
        // The reader holds the daemon, and the daemon the file system.
        defer {
            reader.isEnding.store(true, ordering: .releasing)
            group.wait()
        }
        let acknowledged = Mutex(Acknowledged())
        fill(daemon, acknowledged)
        let (stored, refusals) = acknowledged.withLock { ($0.positions.count, $0.refusals) }
        #expect(stored > 100 && refusals.count == Self.writers && refusals.allSatisfy { $0 == "507 log-full" }, "\(stored): \(refusals)")
        let lines = try daemon.post(eventJSON("stream", data: Self.data("x", 60_000)), "application/x-ndjson")
        #expect(lines.status == 507 && lines.code == "log-full", "\(lines.text)")
        reader.wait(more: 300)
        #expect(try daemon.get("/v1/events/\(stored)").status == 200)

        try disk.removeBallast()
        for number in 1...50 { try append(daemon, "after-\(number)", 20_000, acknowledged) }
        reader.isEnding.store(true, ordering: .releasing)
        group.wait()
        #expect(reader.faults.withLock { $0 }.prefix(5) == [])
        try check(daemon, acknowledged)
        #expect(daemon.signal(SIGKILL) == -SIGKILL)
        try check(try Daemon(disk.scratch), acknowledged)
        let (all, answers) = (acknowledged.withLock { $0.positions.count }, reader.answers.load(ordering: .relaxed))
        print(
            "full disk: \(disk.kind) of \(FullDisk.size >> 20) MiB, \(stored) events until full, \(all) in all, \(answers) reads answered")
    }

    /// A daemon starts where there is no room, answers, and stores again when there is.
    @Test func aDaemonStartsOnAFullDisk() throws {
        var daemon = try Daemon(disk.scratch)
        let acknowledged = Mutex(Acknowledged())
        fill(daemon, acknowledged)
        for end in [SIGKILL, SIGTERM] {
            daemon.signal(end)
            daemon = try Daemon(disk.scratch)
            try check(daemon, acknowledged)
            let refused = try daemon.post(eventJSON("refused", data: Self.data("x", 60_000)))
            #expect(refused.status == 507 && refused.code == "log-full", "\(refused.text)")
            let last = acknowledged.withLock { $0.positions.count }
            #expect(try daemon.get("/v1/funnel?after=\(last)").status == 200)
        }
        try disk.removeBallast()
        try append(daemon, "after", 20_000, acknowledged)
        try check(daemon, acknowledged)
    }

    private static func data(_ letter: String, _ count: Int) -> String {
        #"{"p":"\#(String(repeating: letter, count: count))"}"#
    }

    /// Appends on several connections until each is refused a small event, too.
    private func fill(_ daemon: Daemon, _ acknowledged: borrowing Mutex<Acknowledged>) {
        for size in [20_000, 1_000] {
            acknowledged.withLock { $0.refusals = [] }
            DispatchQueue.concurrentPerform(iterations: Self.writers) { writer in
                for number in 1...100_000 {
                    do {
                        try append(daemon, "\(writer)-\(size)-\(number)", size, acknowledged)
                    } catch {
                        return acknowledged.withLock { $0.refusals.append("\(error)") }
                    }
                }
            }
        }
    }

    private func append(_ daemon: Daemon, _ id: String, _ size: Int, _ acknowledged: borrowing Mutex<Acknowledged>) throws {
        let text = eventJSON(id, data: Self.data("y", size))
        let event = acknowledged.withLock { $0.ledger.add(source: "/test", id: id, subject: "lead:1", text: text) }
        let answer = try daemon.post(text)
        guard answer.status == 200, let position = answer.json?["first"]?.integer else {
            throw Daemon.Failure(description: "\(answer.status) \(answer.code ?? answer.text)")
        }
        acknowledged.withLock { $0.positions.append((event, position)) }
    }

    /// All that was acknowledged is there, where it was said to be, as it was sent.
    private func check(_ daemon: Daemon, _ acknowledged: borrowing Mutex<Acknowledged>) throws {
        try acknowledged.withLock { acknowledged in
            try acknowledged.ledger.readNew(daemon)
            try acknowledged.ledger.readAgain(daemon)
            #expect(acknowledged.ledger.faults.count == 0, "\(acknowledged.ledger.faults.words)")
            let moved = acknowledged.positions.filter { acknowledged.ledger.events[$0.event].position != $0.position }
            #expect(moved.isEmpty, "\(moved.count) of \(acknowledged.positions.count) are not where they were said to be")
            #expect(acknowledged.ledger.tail == acknowledged.positions.count, "nothing that was refused is stored")
        }
    }
}
