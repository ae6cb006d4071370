import EventLog
import Glibc
import JourneyModel
import TestSupport

/// What else is asked of the daemon while events come in, and it is killed.
enum TorturePhase: String, CaseIterable {
    case append, seal, verify, backup, erase
    /// Killed while it starts, once or twice, before the round.
    case start
    /// Told to stop in good order, and killed while it does.
    case stop

    /// What came of a phase's calls.
    struct Outcome {
        var problems: [String] = []
        /// The subject whose erasure was asked for, and whether it was acknowledged.
        var erased: (subject: String, isAcknowledged: Bool)?
    }

    /// Makes the calls until they are done or the daemon is gone.
    ///
    /// - Parameter subject: a subject whose events are stored, to erase.
    func run(_ daemon: Daemon, _ trigger: TortureTrigger, subject: String?, random: inout Seeded) -> Outcome {
        var outcome = Outcome()
        do {
            switch self {
            case .append, .start: break
            case .seal: for _ in 0..<Int.random(in: 1...4, using: &random) { try call(daemon, trigger, &outcome) }
            case .verify: try verify(daemon, trigger, &outcome)
            case .backup: try backup(daemon, trigger, &outcome)
            case .erase: if let subject { try erase(subject, daemon, trigger, &outcome) }
            case .stop:
                usleep(UInt32.random(in: 0...10_000, using: &random))
                trigger.stop()
                usleep(UInt32.random(in: 0...20_000, using: &random))
                trigger.fire()
            }
        } catch {
            if !trigger.isEnding { outcome.problems.append("\(self): \(error)") }
        }
        return outcome
    }

    @discardableResult
    private func call(
        _ daemon: Daemon, _ trigger: TortureTrigger, _ outcome: inout Outcome, body: String = "{}"
    ) throws -> RawConnection.Answer? {
        let answer = try daemon.post(body, "application/json", to: "/v1/admin/\(self)")
        trigger.received(bytes: answer.body.count)
        trigger.acknowledged()
        guard answer.status == 200 else {
            outcome.problems.append("\(self) \(body) was answered \(answer.status) \(answer.text.prefix(300))")
            return nil
        }
        return answer
    }

    private func verify(_ daemon: Daemon, _ trigger: TortureTrigger, _ outcome: inout Outcome) throws {
        guard let answer = try call(daemon, trigger, &outcome), let last = answer.lines.last else { return }
        if last["done"] != .bool(true) || last["damage"] != .array([]) { outcome.problems.append("verify ended with \(last)") }
    }

    /// An archive that came to its end is whole, and its digest right.
    private func backup(_ daemon: Daemon, _ trigger: TortureTrigger, _ outcome: inout Outcome) throws {
        guard let answer = try call(daemon, trigger, &outcome) else { return }
        var reader = ArchiveReader("the archive", to: NoReceiver())
        do throws(LogError) {
            try reader.feed(answer.body)
            _ = try reader.finish()
        } catch {
            outcome.problems.append("backup: \(error)")
        }
    }

    private func erase(_ subject: String, _ daemon: Daemon, _ trigger: TortureTrigger, _ outcome: inout Outcome) throws {
        guard let plan = try call(daemon, trigger, &outcome, body: #"{"subject":"\#(subject)"}"#) else { return }
        guard plan.json?["plan"] != nil, let token = plan.json?["token"]?.text else {
            return outcome.problems.append("erase planned \(plan.text.prefix(300))")
        }
        outcome.erased = (subject, false)
        let answer = try call(daemon, trigger, &outcome, body: #"{"subject":"\#(subject)","token":"\#(token)"}"#)
        outcome.erased = (subject, answer != nil)
    }
}
