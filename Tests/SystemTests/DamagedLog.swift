import EventLog
import FoundationEssentials
import Glibc
import JourneyModel
import TestSupport

/// A small log with everything that a log can have on disk, and copies of it that something is done to.
final class DamagedLog {
    /// What was done to a copy.
    struct Damage: CustomStringConvertible {
        enum Act {
            case flip(byte: Int, bit: UInt8)
            case cut(to: Int)
        }

        let file: String
        let act: Act

        var description: String {
            switch act {
            case .flip(let byte, let bit): "\(file): bit \(bit) of byte \(byte)"
            case .cut(let count): "\(file): cut to \(count) bytes"
            }
        }
    }

    private static let pageSize = 4096
    static let settings = ["JOURNEYD_LOG_EPOCH_BYTES": "49152", "JOURNEYD_LOG_IDENTITY_TAIL": "64"]

    private let scratch = Result { try Scratch() }
    private let sound: String
    private(set) var files: [(name: String, bytes: [UInt8])] = []

    /// Makes the log: daemons take events, epochs are sealed, and the first of them is taken away by retention.
    init() throws {
        let scratch = try scratch.get()
        sound = scratch.path + "/data"
        let events = DamagedLog.events
        do {
            let daemon = try Daemon(scratch, environment: DamagedLog.settings)
            for start in stride(from: 0, to: events.count, by: 8) {
                let body = "[" + events[start..<min(start + 8, events.count)].joined(separator: ",") + "]"
                let answer = try daemon.post(body, "application/cloudevents-batch+json")
                guard answer.status == 200 else { throw Daemon.Failure(description: answer.text) }
            }
            guard daemon.signal(SIGTERM) == 0 else { throw Daemon.Failure(description: daemon.log) }
        }
        try retain()
        // Once more, so that the views' checkpoint is that of what is left, and epochs are sealed that were not.
        let daemon = try Daemon(scratch, environment: DamagedLog.settings)
        let status = try daemon.get("/v1/status").json
        let answer = try daemon.get("/v1/funnel?after=\(status?["position"]?.integer ?? 0)")
        // Who asks leaves columns behind.
        let paths = try daemon.post(#"{"paths":{}}"#, "application/json", to: "/v1/questions")
        guard answer.status == 200, paths.status == 200, daemon.signal(SIGTERM) == 0 else {
            throw Daemon.Failure(description: answer.text + paths.text + daemon.log)
        }
        try readFiles()
    }

    private func retain() throws {
        var options = EventLog.Options.small
        options.identityTail = 64
        let log = try EventLog(directory: try DataDirectory(path: sound), options: options)
        defer { log.close() }
        guard log.sealedEpochs > 2, let plan = log.retentionPlan(before: nil, keeping: log.bytes - (40 << 10)) else {
            throw Daemon.Failure(description: "there is nothing to retain in \(log.epochCount) epochs")
        }
        try log.retain(plan)
    }

    private func readFiles() throws {
        let names = try FileManager.default.subpathsOfDirectory(atPath: sound).sorted()
        for name in names {
            var status = stat()
            guard unsafe stat("\(sound)/\(name)", &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size > 0 else { continue }
            files.append((name, [UInt8](try Data(contentsOf: URL(filePath: "\(sound)/\(name)")))))
        }
        guard files.contains(where: { $0.name.hasPrefix("views/columns/") }) else {
            throw Daemon.Failure(description: "there are no columns")
        }
    }

    /// A journey's events, links that are made and taken back, names of many kinds, and data that fills pages of its own.
    private static var events: [String] {
        let types = [
            "marketing.form.submitted", "marketing.lead.qualified", "sales.lead.accepted", "sales.lead.converted",
            "sales.opportunity.created",
            "sales.opportunity.won", "support.ticket.opened", "acme.custom.happened",
        ]
        return (0..<320).map { number in
            let (lead, step) = (number % 40, number / 40)
            let time = "2026-0\(1 + step % 8)-\(10 + lead % 18)T10:00:00Z"
            func event(_ type: String, _ data: String, subject: String = "lead:\(lead)", account: String? = "account:\(lead % 9)") -> String
            {
                eventJSON("e\(number)", type: type, subject: subject, source: "/s/\(lead % 5)", account: account, time: time, data: data)
            }
            switch number {
            case let n where n % 53 == 11: return event("ops.identity.linked", #"{"a":"lead:\#(lead)","b":"contact:\#(lead)"}"#)
            case let n where n % 53 == 12: return event("ops.identity.unlinked", #"{"a":"lead:\#(lead - 1)","b":"contact:\#(lead - 1)"}"#)
            case let n where n % 61 == 7:
                return event("test.big.happened", #"{"text":"\#(String(repeating: "x", count: 2_500 + 40 * number))"}"#)
            default:
                // What the schemas of all these types ask for.
                let names = ["form_id", "lead_id", "contact", "account", "opp_id", "pipeline", "stage", "ticket_id"]
                let members = names.map { #""\#($0)":"\#(number)""# }.joined(separator: ",")
                let money = #""money":{"minor":\#(1_000 + number),"ccy":"EUR"}"#
                return event(types[step % types.count], #"{"region":"r\#(lead % 3)","channel":"c\#(lead % 4)",\#(money),\#(members)}"#)
            }
        }
    }

    // MARK: - Copies

    /// What a file is for: its name without numbers, and whether it is of the epoch that takes events.
    func kind(_ name: String) -> String {
        let live = files.last { $0.name.hasPrefix("log/0") }.map { $0.name.split(separator: "/")[1].prefix(8) } ?? ""
        return (name.hasPrefix("log/\(live)") ? "live " : "") + name.filter { !$0.isNumber }.replacing("//", with: "/")
    }

    /// Some damage: every kind of file, and in a file of pages half of it where the structure is.
    func damage(_ random: inout Seeded) -> Damage {
        let kinds = Dictionary(grouping: files) { kind($0.name) }
        // Files of pages are named four times: they have the most kinds of bytes.
        let weighted = kinds.keys.sorted().flatMap { Array(repeating: $0, count: $0.hasSuffix("data.mdb") ? 4 : 1) }
        let chosen = kinds[weighted[Int.random(in: 0..<weighted.count, using: &random)]] ?? files
        let (name, bytes) = chosen[Int.random(in: 0..<chosen.count, using: &random)]
        if Int.random(in: 0..<12, using: &random) == 0 {
            return Damage(file: name, act: .cut(to: .random(in: 0..<bytes.count, using: &random)))
        }
        var byte = Int.random(in: 0..<bytes.count, using: &random)
        if bytes.count > DamagedLog.pageSize, Bool.random(using: &random) {
            let isFirst = Int.random(in: 0..<6, using: &random) == 0
            let page = isFirst ? Int.random(in: 0...1, using: &random) : byte / DamagedLog.pageSize
            byte = min(bytes.count - 1, page * DamagedLog.pageSize + .random(in: 0..<(isFirst ? 160 : 64), using: &random))
        }
        return Damage(file: name, act: .flip(byte: byte, bit: .random(in: 0..<8, using: &random)))
    }

    /// Makes the copy at `path` the sound log, and then does `damage` to it.
    func copy(to path: String, _ damage: Damage?) throws {
        if FileManager.default.fileExists(atPath: path) { try FileManager.default.removeItem(atPath: path) }
        try FileManager.default.copyItem(atPath: sound, toPath: path)
        guard let damage, var bytes = files.first(where: { $0.name == damage.file })?.bytes else { return }
        switch damage.act {
        case .flip(let byte, let bit): bytes[byte] ^= 1 << bit
        case .cut(let count): bytes.removeLast(bytes.count - count)
        }
        try Data(bytes).write(to: URL(filePath: "\(path)/\(damage.file)"))
    }
}
