import Glibc
import JourneyModel
import Synchronization

/// Ends the daemon with SIGKILL in the midst of things: after so many acknowledgements, so many bytes of answers, or so many microseconds.
final class TortureTrigger: Sendable {
    enum Moment: Sendable {
        case acknowledgements(Int)
        case bytes(Int)
        /// After this long: the choice of a moment, not a way to wait for something.
        case microseconds(Int)
        /// When all is done.
        case end
    }

    let moment: Moment
    private let process: pid_t
    private let acknowledgements = Atomic(0)
    private let bytes = Atomic(0)
    private let fired = Atomic(false)
    private let stopped = Atomic(false)
    // The daemon ends itself at any moment: then a connection that breaks is none of its faults.
    private let isExpected: Bool

    init(_ moment: Moment, process: pid_t, isExpected: Bool) {
        self.moment = moment
        self.process = process
        self.isExpected = isExpected
    }

    /// Whether a connection may break now.
    var isEnding: Bool { isExpected || stopped.load(ordering: .acquiring) || fired.load(ordering: .acquiring) }

    func received(bytes count: Int) {
        let total = bytes.add(count, ordering: .relaxed).newValue
        if case .bytes(let limit) = moment, total >= limit { fire() }
    }

    func acknowledged() {
        let total = acknowledgements.add(1, ordering: .relaxed).newValue
        if case .acknowledgements(let limit) = moment, total >= limit { fire() }
    }

    func wait() {
        guard case .microseconds(let count) = moment else { return }
        usleep(UInt32(count))
        fire()
    }

    /// Tells the daemon to stop in good order: it may refuse what comes then.
    func stop() {
        stopped.store(true, ordering: .releasing)
        kill(process, SIGTERM)
    }

    func fire() {
        guard !fired.exchange(true, ordering: .acquiringAndReleasing) else { return }
        kill(process, SIGKILL)
    }
}

/// One connection that sends what its plan says until that is done or the daemon is gone.
struct TortureClient {
    private let connection: RawConnection
    private let plan: TorturePlan
    private let trigger: TortureTrigger
    private var record: TortureRecord
    private var answered = 0

    /// Runs a plan; returns what was sent and what was told.
    static func run(_ plan: TorturePlan, _ daemon: Daemon, _ trigger: TortureTrigger) -> TortureRecord {
        var record = TortureRecord(plan)
        do {
            var client = TortureClient(connection: try daemon.connect(), plan: plan, trigger: trigger, record: record)
            do {
                switch plan.form {
                case .singles(let onTheirWay): try client.requests("application/cloudevents+json", onTheirWay) { $0[0].text }
                case .arrays: try client.requests("application/cloudevents-batch+json", 1) { "[\($0.map(\.text).joined(separator: ","))]" }
                case .stream(let ahead): try client.stream(ahead)
                }
            } catch {
                if !trigger.isEnding { client.record.problems.append("a connection broke: \(error)") }
            }
            record = client.record
        } catch {
            if !trigger.isEnding { record.problems.append("no connection: \(error)") }
        }
        return record
    }

    private mutating func requests(_ type: String, _ onTheirWay: Int, _ body: ([TortureLine]) -> String) throws {
        var sent = 0
        for unit in 0..<plan.units.count {
            while sent < plan.units.count, sent < unit + onTheirWay {
                let body = body(plan.units[sent])
                let head = "POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: \(type)\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
                try connection.send(head + body)
                sent += 1
            }
            let answer = try connection.answer()
            let lines = answered..<(answered + plan.units[unit].count)
            answered = lines.upperBound
            if answer.status == 200, let json = answer.json {
                note(json, lines)
            } else if answer.status != 503 || !trigger.isEnding {
                record.refusals.append(.init(lines: lines, status: answer.status, code: answer.code ?? answer.text))
            }
            trigger.received(bytes: answer.body.count)
        }
    }

    private mutating func stream(_ ahead: Int) throws {
        try connection.send(
            "POST /v1/events?atomic=false HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n")
        var (sentLines, isHeadRead) = (0, false)
        for (number, unit) in plan.units.enumerated() {
            let text = unit.map(\.text).joined(separator: "\n") + "\n"
            try connection.send("\(String(text.utf8.count, radix: 16))\r\n\(text)\r\n")
            sentLines += unit.count
            // An answer is owed for the oldest of these, whatever the daemon put together.
            let owed = sentLines - plan.units[max(0, number + 1 - ahead)...number].reduce(0) { $0 + $1.count }
            while answered < owed { try readLines(&isHeadRead) }
        }
        try connection.send("0\r\n\r\n")
        while try readLines(&isHeadRead) {}
        if answered != record.lines.count, !trigger.isEnding {
            record.problems.append("\(answered) of \(record.lines.count) lines were answered")
        }
    }

    /// - Returns: false at the end of the answer.
    @discardableResult
    private mutating func readLines(_ isHeadRead: inout Bool) throws -> Bool {
        if !isHeadRead {
            let head = try connection.readHead()
            isHeadRead = true
            if head.status == 503, trigger.isEnding { return false }
            if head.status != 200 { record.problems.append("a stream was answered \(head.status)") }
        }
        guard let chunk = try connection.readChunk() else { return false }
        for text in String(decoding: chunk, as: UTF8.self).split(separator: "\n") {
            let json = try JSONValue(text: String(text))
            let lines = answered..<(answered + (json["lines"]?.integer ?? 0))
            if let error = json["error"], error["code"]?.text != "closing" || !trigger.isEnding {
                record.problems.append("a stream ended with \(error)")
            }
            answered = lines.upperBound
            if answered > record.lines.count { throw Daemon.Failure(description: "more lines were answered than sent: \(text)") }
            if !lines.isEmpty { note(json, lines) }
        }
        trigger.received(bytes: chunk.count)
        return true
    }

    private mutating func note(_ json: JSONValue, _ lines: Range<Int>) {
        var rejected: [Int: String] = [:]
        for entry in json["rejected"]?.elements ?? [] {
            rejected[(entry["line"]?.integer ?? 0) - 1] = entry["code"]?.text ?? ""
        }
        record.acknowledgements.append(
            .init(
                lines: lines, first: json["first"]?.integer, last: json["last"]?.integer, appended: json["appended"]?.integer ?? -1,
                duplicates: json["duplicates"]?.integer ?? -1, rejected: rejected))
        trigger.acknowledged()
    }
}
