import EventLog
import FoundationEssentials
import Glibc
import JourneyModel
import Synchronization
import TestSupport
import Testing

/// Backup and restore with the real programs: what is restored answers as the source did at that position.
@Suite final class BackupTests: Sendable {
    private let scratch: Scratch
    private let places = Mutex<[Scratch]>([])

    init() throws {
        scratch = try Scratch()
    }

    private var target: String { scratch.path + "/backup" }
    private static let smallEpochs = ["JOURNEYD_LOG_EPOCH_BYTES": "1000000", "JOURNEYD_LOG_IDENTITY_TAIL": "5000"]

    private func run(_ arguments: String...) throws -> (status: Int32, output: String, error: String) {
        try Program.run("journeyctl", arguments, in: scratch)
    }

    private func backup(_ daemon: Daemon, _ more: String...) throws -> JSONValue {
        let result = try Program.run(
            "journeyctl", ["--socket", daemon.socketPath, "--output", "json", "backup", target] + more, in: scratch)
        #expect(result.status == 0, "\(result.error)")
        return try JSONValue(text: result.output)
    }

    /// Restores `backup` and starts a daemon on it, in a place that lasts as long as the test.
    private func restored(_ backup: String, _ name: String) throws -> (place: Scratch, daemon: Daemon) {
        let place = try Scratch()
        places.withLock { $0.append(place) }
        let result = try run("restore", backup, "--data", place.path + "/data")
        #expect(result.status == 0, "\(name): \(result.error)")
        #expect(result.output.contains("journeyd --data \(place.path)/data") && result.output.contains("\(place.path)/data/key"))
        try FileManager.default.copyItem(atPath: scratch.path + "/data/key", toPath: place.path + "/data/key")
        return (place, try Daemon(place, environment: Self.smallEpochs))
    }

    private static func events(_ daemon: Daemon, to last: Int) throws -> [String] {
        var lines: [String] = []
        let connection = try daemon.connect()
        while lines.count < last {
            let count = min(5_000, last - lines.count)
            let answer = try connection.request(
                "GET /v1/events?after=\(lines.count)&limit=\(count) HTTP/1.1\r\nHost: x\r\nAccept: application/x-ndjson\r\n\r\n")
            let page = answer.text.split(separator: "\n").map(String.init)
            guard answer.status == 200, !page.isEmpty else { break }
            lines += page
        }
        return lines
    }

    private static func views(_ daemon: Daemon, after position: Int) throws -> [String] {
        try ["funnel", "funnel?by=data.region", "friction"].map { view in
            let answer = try daemon.get("/v1/\(view)\(view.contains("?") ? "&" : "?")at=2027-01-01&after=\(position)")
            #expect(answer.status == 200, "\(answer.text)")
            return answer.text
        }
    }

    @Test(.timeLimit(.minutes(10))) func whatIsRestoredAnswersAsTheSourceDidAtThatPosition() throws {
        let simulated = try run("simulate", "--journeys", "3000", "--seed", "5")
        var daemon = try Daemon(scratch, environment: Self.smallEpochs)
        let source = daemon
        // Ends with the daemon.
        let sending = DedicatedThread(name: "sender") {
            _ = try? source.post(simulated.output, "application/x-ndjson", to: "/v1/events?atomic=false")
        }
        while try daemon.get("/v1/status").json?["position"]?.integer ?? 0 < 4_000 { sched_yield() }
        let first = try backup(daemon)
        let second = try backup(daemon)
        let position = try #require(second["position"]?.integer)
        #expect(try position >= #require(first["position"]?.integer) && second["events"]?.integer == position)
        #expect(daemon.signal(SIGKILL) == -SIGKILL)
        sending.join()

        let (place, restored) = try restored(target, "directory")
        defer { restored.signal(SIGKILL) }
        daemon = try Daemon(scratch, environment: Self.smallEpochs)
        #expect(try restored.get("/v1/status").json?["position"]?.integer == position)
        #expect(try Self.events(restored, to: position) == Self.events(daemon, to: position))

        // The same events in another daemon give the same views.
        let fresh = try Scratch()
        let reference = try Daemon(fresh)
        let prefix = simulated.output.split(separator: "\n").prefix(position).joined(separator: "\n")
        #expect(try reference.post(prefix, "application/x-ndjson", to: "/v1/events?atomic=false").status == 200)
        #expect(try Self.views(restored, after: position) == Self.views(reference, after: position))

        // It goes on, and knows the ids that it has.
        let again = try restored.post(simulated.output, "application/x-ndjson", to: "/v1/events?atomic=false")
        #expect(again.lines.compactMap { $0["duplicates"]?.integer }.reduce(0, +) == position)
        let verified = try run("--socket", restored.socketPath, "verify")
        #expect(verified.status == 0 && verified.output.contains("sound: "), "\(verified.output)\(verified.error)")
        restored.signal(SIGTERM)
        let offline = try run("verify", "--data", place.path + "/data")
        #expect(offline.status == 0 && offline.output.contains("sound: "), "\(offline.output)\(offline.error)")
    }

    /// What tar unpacks is a data directory, without any program of ours.
    @Test func anArchiveIsOneForEveryTar() throws {
        let daemon = try Daemon(scratch)
        for number in 0..<20 {
            #expect(try daemon.post(eventJSON("\(number)")).status == 200)
            if number % 8 == 7 { #expect(try daemon.post("", to: "/v1/admin/seal").status == 200) }
        }
        let archive = try Program.run(
            "journeyctl", ["--socket", daemon.socketPath, "backup", "-"], in: scratch, output: scratch.path + "/a.tar")
        #expect(archive.status == 0, "\(archive.error)")
        let place = try Scratch()
        try FileManager.default.createDirectory(atPath: place.path + "/data", withIntermediateDirectories: true)
        let tar = try Program.spawn(
            "/bin/tar", ["-xf", scratch.path + "/a.tar", "-C", place.path + "/data"], standardError: place.path + "/tar")
        var status: Int32 = 0
        unsafe waitpid(tar, &status, 0)
        #expect(status == 0, "\((try? String(contentsOfFile: place.path + "/tar", encoding: .utf8)) ?? "")")
        try FileManager.default.copyItem(atPath: scratch.path + "/data/key", toPath: place.path + "/data/key")
        let unpacked = try Daemon(place)
        #expect(try Self.events(unpacked, to: 20) == Self.events(daemon, to: 20))
        // And ours takes the archive from a pipe or a file.
        let (_, restored) = try restored(scratch.path + "/a.tar", "archive")
        #expect(try Self.events(restored, to: 20) == Self.events(daemon, to: 20))
        // An unpacked archive is a directory that can be restored from.
        unpacked.signal(SIGTERM)
        let other = try self.restored(place.path + "/data", "unpacked")
        #expect(try Self.events(other.daemon, to: 20) == Self.events(daemon, to: 20))
    }

    /// Killed at any moment, `journeyctl backup` leaves the state before or the new one.
    @Test(.timeLimit(.minutes(10))) func aBackupThatIsKilledLeavesAWholeState() throws {
        var random = Seeded(seed: UInt64(TortureTests.number("SEED", Int.random(in: 1...1_000_000))))
        let daemon = try Daemon(scratch, environment: ["JOURNEYD_LOG_EPOCH_BYTES": "200000"])
        let data = #"{"p":"\#(String(repeating: "x", count: 2_000))"}"#
        func add(_ round: Int) throws {
            let lines = (0..<300).map { eventJSON("\(round)-\($0)", data: data) }.joined(separator: "\n")
            #expect(try daemon.post(lines, "application/x-ndjson", to: "/v1/events?atomic=false").status == 200)
        }
        var position = 0
        var longest = Duration.zero
        for round in 0..<3 {
            try add(round)
            let start = ContinuousClock.now
            position = try #require(try backup(daemon)["position"]?.integer)
            longest = max(longest, ContinuousClock.now - start)
        }
        // Moments from the first to well behind the last: later ones copy as much.
        let length = UInt32(longest / .microseconds(1) * 1.5)
        var replaced = 0
        for round in 3...22 {
            try add(round)
            let process = try Program.spawn(
                Daemon.programs + "journeyctl", ["--socket", daemon.socketPath, "backup", target], standardError: scratch.path + "/killed")
            usleep(UInt32.random(in: 0...length, using: &random))
            kill(process, SIGKILL)
            var status: Int32 = 0
            unsafe waitpid(process, &status, 0)
            let place = scratch.path + "/r\(round)"
            let result = try run("restore", target, "--data", place)
            #expect(result.status == 0, "\(random): \(result.error)")
            let directory = try DataDirectory(existing: place, for: "test")
            let restored = try EventLog(reading: directory).tail
            #expect(restored == Position(position) || restored == Position(300 * (round + 1)), "\(random)")
            if restored != Position(position) { replaced += 1 }
            position = Int(restored)
            try FileManager.default.removeItem(atPath: place)
        }
        print("backups killed: 20, of which \(replaced) had replaced the state")
        try add(23)
        #expect(try backup(daemon)["position"]?.integer == 300 * 24)
    }

    @Test func retentionAndBackupsGoTogether() throws {
        let daemon = try Daemon(scratch)
        for epoch in 0..<3 {
            for number in 0..<5 { #expect(try daemon.post(eventJSON("\(epoch)-\(number)")).status == 200) }
            #expect(try run("--socket", daemon.socketPath, "seal").status == 0)
        }
        while try daemon.get("/v1/status").json?["log"]?["sealed"]?.integer != 3 { sched_yield() }
        #expect(try backup(daemon)["fetched"]?.integer == 4)
        let refused = try run("--socket", daemon.socketPath, "retain", "--keep", "0")
        #expect(refused.status == 4 && refused.error.contains("--yes"), "\(refused.error)")
        let retained = try run("--socket", daemon.socketPath, "--output", "json", "retain", "--keep", "0", "--yes")
        #expect(try retained.status == 0 && JSONValue(text: retained.output)["removed"]?["events"]?.integer == 15, "\(retained.error)")
        let nothing = try run("--socket", daemon.socketPath, "retain", "--before", "2020-01-01")
        #expect(nothing.status == 0 && nothing.error.contains("nothing would go"))
        #expect(try daemon.post(eventJSON("last")).status == 200)
        let pruned = try backup(daemon, "--prune")
        #expect(pruned["events"]?.integer == 1 && pruned["position"]?.integer == 16 && pruned["pruned"]?.integer == 3, "\(pruned)")
        let (_, restored) = try restored(target, "pruned")
        let status = try restored.get("/v1/status").json
        #expect(status?["position"]?.integer == 16 && status?["log"]?["first"]?.integer == 16)
    }

    @Test func verifyNamesTheFirstDamageAndWhatIsReadable() throws {
        let daemon = try Daemon(scratch)
        for epoch in 0..<3 {
            for number in 0..<5 {
                #expect(try daemon.post(eventJSON("\(epoch)-\(number)", data: #"{"n":"\#(epoch)-\#(number)!"}"#)).status == 200)
            }
            #expect(try daemon.post("", to: "/v1/admin/seal").status == 200)
        }
        while try daemon.get("/v1/status").json?["log"]?["sealed"]?.integer != 3 { sched_yield() }
        let data = scratch.path + "/data"
        let running = try run("verify", "--data", data)
        #expect(running.status == 2 && running.error.contains("process \(daemon.process)"), "\(running.error)")
        #expect(daemon.signal(SIGTERM) == 0)
        func state() throws -> [String] {
            try FileManager.default.subpathsOfDirectory(atPath: data).sorted().filter { $0 != "lock" }.map { name in
                var status = stat()
                unsafe stat(data + "/" + name, &status)
                return "\(name) \(status.st_size) \(status.st_ino) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
            }
        }
        let before = try state()
        let sound = try run("verify", "--data", data)
        #expect(sound.status == 0 && sound.output.contains("sound: 15 events up to position 15"), "\(sound.output)\(sound.error)")
        #expect(try state() == before, "nothing is changed but the lock")
        let place = data + "/log/00000002/data.mdb"
        var bytes = [UInt8](try Data(contentsOf: URL(filePath: place)))
        // In pages that are no more in use, too.
        let places = bytes.ranges(of: Array("1-2!".utf8))
        #expect(!places.isEmpty)
        for place in places { bytes[place.lowerBound] ^= 1 }
        try Data(bytes).write(to: URL(filePath: place))
        let damaged = try run("verify", "--data", data)
        #expect(damaged.status == 1 && damaged.output.contains("damaged: first position 8, 00000002"), "\(damaged.output)")
        #expect(damaged.output.contains("readable: positions 1 to 7, 11 to 15"), "\(damaged.output)")
        let json = try run("verify", "--data", data, "--output", "json")
        let last = try #require(json.output.split(separator: "\n").last.map { try JSONValue(text: String($0)) })
        #expect(last["done"] == .bool(true) && last["damage"]?.elements?.first?["position"]?.integer == 8)
        #expect(try run("verify", "--data", scratch.path + "/nothing").status == 2)
        #expect(try run("--socket", scratch.path + "/nobody", "verify").status == 2)
        #expect(!FileManager.default.fileExists(atPath: scratch.path + "/nothing"))
    }

    @Test func whatABackupRequestMustNotSayIsRefused() throws {
        let daemon = try Daemon(scratch)
        for body in [
            #"{"path":"/tmp/x"}"#, #"{"have":1}"#, #"{"have":[1]}"#, #"{"have":[{"epoch":0,"digest":""}]}"#,
            #"{"have":[{"epoch":1,"digest":"\#(String(repeating: "0", count: 64))","x":1}]}"#,
        ] {
            let answer = try daemon.post(body, "application/json", to: "/v1/admin/backup")
            #expect(answer.status == 400 && answer.code == "invalid-parameter", "\(body): \(answer.text)")
        }
        let unknown = #"{"have":[{"epoch":1,"digest":"\#(String(repeating: "0", count: 64))"}]}"#
        #expect(try daemon.post(unknown, "application/json", to: "/v1/admin/backup").status == 200)
        #expect(try daemon.get("/v1/admin/backup").status == 405)
    }
}
