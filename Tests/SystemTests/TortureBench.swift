import Dispatch
import FoundationEssentials
import Glibc
import JourneyModel
import Synchronization
import TestSupport

/// A directory that is tortured, round by round, and the ledger of what it must hold.
final class TortureBench {
    /// What was done and found, over all directories.
    struct Totals {
        var rounds = 0
        var kills: [TorturePhase: Int] = [:]
        var acknowledged = 0
        var duplicates = 0
        var faults = Ledger.Faults()
    }

    let scratch: Scratch
    var ledger = Ledger()
    /// Variables of a daemon whose life is to end badly; those that check it get `settings` alone.
    var disturbance: [String: String] = [:]
    let settings: [String: String]
    private(set) var kills: [TorturePhase: Int] = [:]
    private(set) var acknowledged = 0
    private(set) var duplicates = 0
    private var sent: Set<Int> = []
    private var subjects: [String] = []
    private var unerased: [String] = []

    /// Rolls, seals and merges come all the time: epochs and the tail of identities are tiny.
    init(random: inout Seeded) throws {
        scratch = try Scratch()
        settings = [
            "JOURNEYD_LOG_EPOCH_BYTES": "\([65_536, 131_072, 262_144].randomElement(using: &random) ?? 0)",
            "JOURNEYD_LOG_IDENTITY_TAIL": "\([100, 500, 2_000].randomElement(using: &random) ?? 0)",
        ]
        // A name of the root itself would lie outside of what is watched for power cuts.
        try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
    }

    /// The daemon's directory.
    var data: String { scratch.path + "/data" }

    /// What was sent and is not stored, as far as is known.
    var unstored: [Int] { sent.filter { ledger.events[$0].position == nil }.sorted() }

    /// One life of the daemon: it starts, events come in, and it is killed.
    ///
    /// - Parameters:
    ///   - endsItself: whether it may end by a signal of its own at any moment, starting included.
    ///   - resending: what was sent in an earlier life that nobody has checked yet, to be sent again.
    ///   - onlyResends: whether nothing else is sent.
    /// - Returns: what each connection was told; nil where it was killed before it answered.
    func life(
        _ phase: TorturePhase, round: Int, random: inout Seeded, endsItself: Bool = false, resending: [Int] = [], onlyResends: Bool = false
    ) throws -> (records: [TortureRecord], shared: Set<Int>)? {
        if phase == .start { try killStarting(random: &random) }
        var planner = TorturePlanner(seed: random.next(), round: round, unstored: resending.isEmpty ? unstored : [])
        var plans = planner.again(resending, ledger)
        let subject = "lead:e\(round)"
        if !onlyResends {
            plans += planner.plans(&ledger)
            if resending.isEmpty {
                plans.append(planner.personal(subject, &ledger))
                subjects.append(subject)
            }
        }
        sent.formUnion(plans.flatMap { $0.units.joined().map(\.event) })
        let choice = Int.random(in: 0..<4, using: &random)
        let moment: TortureTrigger.Moment =
            switch choice {
            case 0: .acknowledgements(.random(in: 1...60, using: &random))
            case 1: .bytes(.random(in: 50...6_000, using: &random))
            case 2: .microseconds(.random(in: 0...40_000, using: &random))
            default: phase == .append ? .end : .microseconds(.random(in: 0...10_000, using: &random))
            }
        let seed = random.next()
        let daemon: Daemon
        do {
            daemon = try Daemon(scratch, environment: settings.merging(disturbance) { $1 })
        } catch let failure as Daemon.Failure where endsItself && failure.signal == SIGKILL {
            kills[phase, default: 0] += 1
            return nil
        }
        let trigger = TortureTrigger(moment, process: daemon.process, isExpected: endsItself)
        let (records, outcome) = run(plans, phase, daemon, trigger, Seeded(seed: seed))
        daemon.signal(SIGKILL)
        kills[phase, default: 0] += 1
        for problem in outcome.problems { ledger.faults.note(\.other, problem) }
        if let erased = outcome.erased {
            ledger.setErasure(erased.isAcknowledged ? .done : .asked, subject: erased.subject)
            if !erased.isAcknowledged { unerased.append(erased.subject) }
        }
        return (records, planner.shared)
    }

    private func run(
        _ plans: [TorturePlan], _ phase: TorturePhase, _ daemon: Daemon, _ trigger: TortureTrigger, _ random: Seeded
    ) -> ([TortureRecord], TorturePhase.Outcome) {
        let records = Mutex([Int: TortureRecord]())
        let (queue, group) = (DispatchQueue(label: "clients", attributes: .concurrent), DispatchGroup())
        for (number, plan) in plans.enumerated() {
            queue.async(group: group) {
                let record = TortureClient.run(plan, daemon, trigger)
                records.withLock { $0[number] = record }
            }
        }
        queue.async(group: group) { trigger.wait() }
        var random = random
        let subject = phase == .erase ? erasable() : nil
        let outcome = phase.run(daemon, trigger, subject: subject, random: &random)
        group.wait()
        trigger.fire()
        return (records.withLock { records in plans.indices.compactMap { records[$0] } }, outcome)
    }

    /// A subject all of whose events are stored: first one whose erasure was cut off.
    private func erasable() -> String? {
        if !unerased.isEmpty { return unerased.removeFirst() }
        // An event that is sent again when its subject was erased is a new one, stored under a new key.
        let stored = Set(ledger.stored.compactMap { $0.map { number in ledger.events[number].subject } })
        let unstored = Set(ledger.events.lazy.filter { $0.position == nil }.map(\.subject))
        guard let index = subjects.firstIndex(where: { stored.contains($0) && !unstored.contains($0) }) else { return nil }
        return subjects.remove(at: index)
    }

    private func killStarting(random: inout Seeded) throws {
        for _ in 0..<Int.random(in: 1...2, using: &random) {
            let process = try Program.spawn(
                Daemon.programs + "journeyd", ["--data", data, "--socket", scratch.path + "/s"],
                standardError: scratch.path + "/stderr", environment: settings.merging(disturbance) { $1 })
            usleep(UInt32.random(in: 0...40_000, using: &random))
            kill(process, SIGKILL)
            var status: Int32 = 0
            unsafe waitpid(process, &status, 0)
        }
    }

    /// Starts the daemon as it should be, reads what is new, and judges what the connections were told.
    func check(_ records: [TortureRecord], shared: Set<Int>, isFull: Bool, random: inout Seeded) throws {
        let start = ledger.tail
        let daemon: Daemon
        do {
            daemon = try Daemon(scratch, environment: settings)
        } catch {
            return ledger.faults.note(\.lost, "the daemon does not start: \(error)")
        }
        try ledger.readNew(daemon)
        for record in records {
            let totals = ledger.judge(record, after: start, shared: shared)
            acknowledged += totals.appended
            duplicates += totals.duplicates
        }
        if isFull {
            try ledger.readAgain(daemon)
        } else if start > 0 {
            try ledger.readAgain(daemon, after: .random(in: 0..<start, using: &random), count: 50)
        }
        daemon.signal(SIGKILL)
        sent = sent.filter { ledger.events[$0].position == nil }
        try checkErased()
    }

    /// No byte of an erased journey's personal data is left in any file.
    private func checkErased() throws {
        let erased = Set(ledger.events.filter { $0.erasure == .done }.map(\.subject))
        guard !erased.isEmpty else { return }
        let patterns = scratch.path + "/patterns"
        try erased.map { Ledger.mark($0) + "\n" }.joined().write(toFile: patterns, atomically: false, encoding: .utf8)
        let process = try Program.spawn(
            "/usr/bin/grep", ["-rlaF", "-f", patterns, data], standardError: scratch.path + "/grep-errors",
            standardOutput: scratch.path + "/found")
        var status: Int32 = 0
        unsafe waitpid(process, &status, 0)
        let found = try String(contentsOfFile: scratch.path + "/found", encoding: .utf8)
        if !found.isEmpty { ledger.faults.note(\.other, "erased personal data is left in \(found.split(separator: "\n"))") }
        try FileManager.default.removeItem(atPath: patterns)
    }

    /// The views of this directory are those of a fresh daemon that was sent the same events in the same order.
    func checkViews() throws {
        let tortured = try Daemon(scratch, environment: settings)
        let undisturbed = try Scratch()
        let fresh = try Daemon(undisturbed)
        let texts = ledger.stored.compactMap { $0.map { number in ledger.events[number].text } }
        let answer = try fresh.post(texts.joined(separator: "\n"), "application/x-ndjson")
        let last = answer.lines.compactMap { $0["last"]?.integer }.max() ?? 0
        if last != texts.count { ledger.faults.note(\.other, "a fresh daemon stored \(last) of \(texts.count) events") }
        for view in ["funnel", "funnel?by=data.type", "friction"] {
            let separator = view.contains("?") ? "&" : "?"
            let left = try tortured.get("/v1/\(view)\(separator)at=2027-01-01&after=\(ledger.tail)")
            let right = try fresh.get("/v1/\(view)\(separator)at=2027-01-01&after=\(last)")
            // The position is another one where the daemon wrote events of its own, and the fresh one erased nothing.
            func content(_ answer: RawConnection.Answer) -> [JSONValue.Member]? {
                answer.json?.members?.filter { $0.name != "position" && $0.name != "erased" }
            }
            if left.status != 200 || content(left) != content(right) {
                ledger.faults.note(\.other, "\(view) differs: \(left.text.prefix(1_000)) and \(right.text.prefix(1_000))")
            }
        }
    }

    /// Adds what was done here to `totals`.
    func add(to totals: inout Totals) {
        totals.kills.merge(kills) { $0 + $1 }
        totals.acknowledged += acknowledged
        totals.duplicates += duplicates
        totals.faults.lost += ledger.faults.lost
        totals.faults.duplicated += ledger.faults.duplicated
        totals.faults.outOfOrder += ledger.faults.outOfOrder
        totals.faults.other += ledger.faults.other
    }
}
