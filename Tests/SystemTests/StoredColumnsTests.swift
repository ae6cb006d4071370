import FoundationEssentials
import Glibc
import JourneyModel
import TestSupport
import Testing

/// The columns that questions scan outlive the daemon: what they answer is what they answered, however it ended.
@Suite struct StoredColumnsTests {
    private static let count = 70_000
    private static let questions = [
        #"{"funnel":{"steps":[{"type":"test.step.a"},{"type":"test.step.b"}],"window":"P3D","breakdown":{"field":"source"}},"at":"2027-01-01"}"#,
        #"{"paths":{},"at":"2027-01-01"}"#,
        #"{"funnel":{"steps":[{"type":"test.step.a"},{"type":"test.step.c"}]},"asOf":66000,"at":"2027-01-01"}"#,
    ]

    private let scratch: Scratch
    private var columns: String { scratch.path + "/data/views/columns" }

    init() throws {
        scratch = try Scratch()
    }

    /// More than a segment of events, with links, ends of links, and events that are taken back.
    private static func fill(_ daemon: Daemon) throws {
        for start in stride(from: 0, to: count, by: 10_000) {
            let lines = (start..<(start + 10_000)).map { number in
                let (subject, second) = ("lead:\(number % 5_003)", number / 10)
                let time = Timestamp(microseconds: 1_767_225_600_000_000 + Int64(second) * 1_000_000).text
                let (type, data): (String, String) =
                    switch number % 1_000 {
                    case 11: ("ops.identity.linked", #"{"a":"\#(subject)","b":"contact:\#(number)"}"#)
                    case 12: ("ops.identity.unlinked", #"{"a":"lead:\#((number - 1) % 5_003)","b":"contact:\#(number - 1)"}"#)
                    case 13: ("ops.event.voided", #"{"target":{"source":"/s/0","id":"\#(number * 3 / 12 * 4)"},"reason":"r"}"#)
                    default: ("test.step.\(["a", "b", "c"][number % 3])", "{}")
                    }
                return eventJSON("\(number)", type: type, subject: subject, source: "/s/\(number % 4)", time: time, data: data)
            }
            let answer = try daemon.post(lines.joined(separator: "\n"), "application/x-ndjson")
            guard answer.status == 200 else { throw Daemon.Failure(description: answer.text) }
        }
    }

    private static func answers(_ daemon: Daemon) throws -> [String] {
        try questions.map { question in
            let answer = try daemon.post(question, "application/json", to: "/v1/questions")
            #expect(answer.status == 200, "\(answer.text)")
            return answer.text
        }
    }

    private static func mode(_ path: String) -> mode_t? {
        var status = stat()
        return unsafe stat(path, &status) == 0 ? status.st_mode & 0o777 : nil
    }

    @Test func answersAfterARestartAreThoseBefore() throws {
        var daemon = try Daemon(scratch)
        try Self.fill(daemon)
        let before = try Self.answers(daemon)
        // Nobody who asks waits for it: it is written behind the answers.
        while unsafe access(columns + "/00000", F_OK) != 0 { sched_yield() }
        for (round, end) in [SIGKILL, SIGTERM, SIGTERM, SIGKILL].enumerated() {
            daemon.signal(end)
            let files = try FileManager.default.contentsOfDirectory(atPath: columns).sorted()
            // What is full is there however it ended, the rest when it ended in good order.
            #expect(files.first == "00000" && (end == SIGKILL || files == ["00000", "00001"]), "round \(round): \(files)")
            #expect(Self.mode(columns) == 0o700 && Self.mode(columns + "/00000") == 0o600)
            daemon = try Daemon(scratch)
            #expect(try Self.answers(daemon) == before, "round \(round)")
            #expect(!daemon.log.contains("columns are read from the log again"), "round \(round): \(daemon.log)")
        }
        // What is damaged is said, and read again.
        for damage in ["flip", "cut"] {
            #expect(daemon.signal(SIGTERM) == 0)
            var bytes = [UInt8](try Data(contentsOf: URL(filePath: columns + "/00000")))
            if damage == "flip" { bytes[bytes.count / 3] ^= 4 } else { bytes.removeLast(bytes.count / 2) }
            try Data(bytes).write(to: URL(filePath: columns + "/00000"))
            try? FileManager.default.removeItem(atPath: scratch.path + "/stderr")
            daemon = try Daemon(scratch)
            #expect(try Self.answers(daemon) == before, "\(damage)")
            #expect(daemon.log.contains("columns are read from the log again"), "\(damage): \(daemon.log)")
        }
        let verified = try daemon.post("", "application/json", to: "/v1/admin/verify")
        #expect(verified.lines.last?["damage"] == .array([]))
    }

    /// The disk fills before anybody asks: columns are in memory, and in files when there is room again.
    @Test(.enabled(if: FullDisk.isPermitted, "SKIPPED: mounting a file system needs root and is not permitted here"))
    func aFullDiskAnswersToo() throws {
        let disk = try FullDisk()
        var daemon = try Daemon(disk.scratch)
        try Self.fill(daemon)
        let expected = try Self.expected()
        // All but a few blocks, which no segment fits in.
        var (size, room) = (8 << 20, 0)
        while size >= 128 << 10 {
            do {
                try disk.addBallast(bytes: room + size)
                room += size
            } catch {
                size /= 2
            }
        }
        let columns = disk.scratch.path + "/data/views/columns"
        #expect(try Self.answers(daemon) == expected)
        #expect(try FileManager.default.contentsOfDirectory(atPath: columns) == [])
        try disk.removeBallast()
        #expect(try Self.answers(daemon) == expected)
        #expect(daemon.signal(SIGTERM) == 0)
        #expect(try FileManager.default.contentsOfDirectory(atPath: columns).sorted() == ["00000", "00001"])
        daemon = try Daemon(disk.scratch)
        #expect(try Self.answers(daemon) == expected)
        daemon.signal(SIGKILL)
    }

    /// What a daemon with room answers.
    private static func expected() throws -> [String] {
        let scratch = try Scratch()
        let daemon = try Daemon(scratch)
        try fill(daemon)
        defer { daemon.signal(SIGKILL) }
        return try answers(daemon)
    }
}
