import JourneyModel
import TestSupport

/// What a harness sent and was told, kept outside the daemon: what a log must hold is judged by this and by nothing the daemon says of itself.
struct Ledger {
    /// What the daemon was told about the personal data of an event's journey.
    enum Erasure {
        case none
        /// Asked for, with no answer: it may be erased or not.
        case asked
        /// Acknowledged: it must be erased, and stay so.
        case done
    }

    /// An event of the harness.
    struct Event {
        let source, id, subject: String
        /// Its JSON, as first sent.
        let text: String
        /// Where it is stored, as last seen.
        var position: Int?
        var erasure = Erasure.none
    }

    /// What went wrong, counted by kind; the first of each told in words.
    struct Faults {
        var lost = 0
        var duplicated = 0
        var outOfOrder = 0
        var other = 0
        private(set) var words: [String] = []

        var count: Int { lost + duplicated + outOfOrder + other }

        mutating func note(_ kind: WritableKeyPath<Faults, Int>, _ text: String) {
            self[keyPath: kind] += 1
            if words.count < 20 { words.append(text) }
        }
    }

    private(set) var events: [Event] = []
    /// The event at each position, the first position first; nil for what the daemon itself wrote.
    private(set) var stored: [Int?] = []
    var faults = Faults()
    private var names: [String: Int] = [:]
    private var recordedAt = ""

    /// The last position that was seen.
    var tail: Int { stored.count }

    /// Writes an event down before it is sent, and returns its number.
    mutating func add(source: String, id: String, subject: String, text: String) -> Int {
        events.append(Event(source: source, id: id, subject: subject, text: text))
        names[Ledger.name(source, id)] = events.count - 1
        return events.count - 1
    }

    mutating func setErasure(_ erasure: Erasure, subject: String) {
        for number in events.indices where events[number].subject == subject { events[number].erasure = erasure }
    }

    /// Every byte of a subject's personal data holds this.
    static func mark(_ subject: String) -> String {
        "personal-\(subject.filter { $0 != ":" })-"
    }

    private static func name(_ source: String, _ id: String) -> String { source + "\n" + id }
}

// MARK: - Reading the log

extension Ledger {
    private static let page = 5_000

    /// Takes in what is stored behind the last position seen: each event is one that was sent, is there once, with its content.
    mutating func readNew(_ daemon: Daemon) throws {
        let last = try daemon.get("/v1/status").json?["position"]?.integer ?? 0
        if last < tail { faults.note(\.lost, "the log ends at \(last), and held \(tail) before") }
        try read(daemon, after: tail, to: last) { ledger, line, position in ledger.learn(line, position) }
    }

    /// Reads stored events again, at most `count`: each is where it was, with the content it had.
    mutating func readAgain(_ daemon: Daemon, after position: Int = 0, count: Int = .max) throws {
        try read(daemon, after: position, to: min(tail, count < tail - position ? position + count : tail)) { ledger, line, position in
            guard let number = ledger.stored[position - 1] else { return }
            let event = ledger.events[number]
            if event.erasure != .done, line.json["id"]?.text != event.id || line.json["source"]?.text != event.source {
                ledger.faults.note(\.lost, "position \(position) held \(event.source) \(event.id) and now holds \(line.text.prefix(300))")
            } else {
                ledger.compare(event, line, position)
            }
        }
    }

    private struct Line {
        let text: Substring
        let json: JSONValue
    }

    private mutating func read(
        _ daemon: Daemon, after start: Int, to end: Int, _ body: (inout Ledger, Line, Int) -> Void
    ) throws {
        let connection = try daemon.connect()
        var next = start
        while next < end {
            let count = min(Ledger.page, end - next)
            let answer = try connection.request(
                "GET /v1/events?after=\(next)&limit=\(count) HTTP/1.1\r\nHost: x\r\nAccept: application/x-ndjson\r\n\r\n")
            guard answer.status == 200 else {
                return faults.note(\.lost, "events after \(next) cannot be read: \(answer.status) \(answer.text.prefix(300))")
            }
            let lines = answer.text.split(separator: "\n")
            for text in lines {
                let line = Line(text: text, json: try JSONValue(text: String(text)))
                next += 1
                guard line.json["position"]?.integer == next else {
                    return faults.note(\.outOfOrder, "position \(next) is missing: \(text.prefix(300))")
                }
                body(&self, line, next)
            }
            // A page of large events may hold fewer than asked for, and never none.
            guard !lines.isEmpty else { return faults.note(\.lost, "no event came after \(next), the last being at \(end)") }
        }
    }

    private mutating func learn(_ line: Line, _ position: Int) {
        let (source, id) = (line.json["source"]?.text ?? "", line.json["id"]?.text ?? "")
        let moment = line.json["recordedat"]?.text ?? ""
        if moment.prefix(19) < recordedAt.prefix(19) {
            faults.note(\.outOfOrder, "position \(position) was recorded at \(moment), before the one in front of it at \(recordedAt)")
        }
        recordedAt = moment
        guard let number = names[Ledger.name(source, id)] else {
            // A record that the daemon makes of what it was told to do.
            let isOwn = line.json["type"]?.text?.hasPrefix("ops.") == true
            if !isOwn { faults.note(\.other, "position \(position) holds what nobody sent: \(line.text.prefix(300))") }
            return stored.append(nil)
        }
        if let first = events[number].position {
            faults.note(\.duplicated, "\(source) \(id) is at \(first) and at \(position)")
        } else {
            events[number].position = position
        }
        stored.append(number)
        compare(events[number], line, position)
    }

    private mutating func compare(_ event: Event, _ line: Line, _ position: Int) {
        let isMarked = line.text.contains(Ledger.mark(event.subject))
        switch event.erasure {
        case .done:
            if isMarked { faults.note(\.other, "position \(position) was erased and shows personal data: \(line.text.prefix(300))") }
            return
        case .asked where !isMarked: return
        default: break
        }
        // Both begin with specversion once what the daemon adds is taken off.
        let given = line.text.firstRange(of: #""specversion""#).map { line.text[$0.lowerBound...] } ?? line.text
        if given != event.text.dropFirst() {
            faults.note(\.other, "position \(position) holds \(given.prefix(400)), sent was \(event.text.prefix(400))")
        }
    }
}
