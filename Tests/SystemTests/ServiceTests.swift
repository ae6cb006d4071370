import FoundationEssentials
import Glibc
import JourneyModel
import Synchronization
import TestSupport
import Testing

/// The daemon under a service manager: what it says, when, and what becomes of its clients.
@Suite struct ServiceTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    @Test func itIsReadyWhenTheWriterAnswersAndNotBefore() throws {
        let machine = try StalledMachine(scratch)
        let service = try ServiceManager(scratch, environment: machine.environment)
        try machine.stop(machine.writer)
        try service.start()
        // The server answers already; events would wait.
        #expect(try service.get("/healthz").status == 200)
        let waiting = try RawConnection(service.socketPath)
        try waiting.send(ServiceManager.request(eventJSON("1")))
        #expect(try service.get("/v1/status").json?["position"]?.integer == 0)
        while let datagram = service.manager.pending() {
            let text = String(decoding: datagram, as: UTF8.self)
            #expect(!text.contains("READY=1"), "\(text)")
        }
        try machine.goOn(machine.writer)
        _ = try service.manager.lines { $0 == "READY=1" }
        #expect(try waiting.answer().status == 200)
        #expect(service.stop() == 0, "\(service.log)")
    }

    @Test func itSaysWhatItDoesFromTheStartToTheEnd() throws {
        let service = try ServiceManager(scratch)
        try service.start()
        #expect(try service.manager.lines { $0 == "READY=1" }.contains { $0.hasPrefix("STATUS=") })
        #expect(try service.post(eventJSON("1")).status == 200)
        _ = try service.manager.lines { $0.hasPrefix("STATUS=position 1") }
        for _ in 1...3 { _ = try service.manager.lines { $0 == "WATCHDOG=1" } }
        #expect(service.stop() == 0, "\(service.log)")
        let end = try service.manager.lines { $0 == "STOPPING=1" }
        #expect(end.last?.hasPrefix("STATUS=") == true)
    }

    @Test func aWriterThatIsStuckEndsTheSignsOfLife() throws {
        let machine = try StalledMachine(scratch)
        let service = try ServiceManager(scratch, environment: machine.environment)
        try service.startAndWait()
        _ = try service.manager.lines { $0 == "WATCHDOG=1" }
        try machine.stop(machine.flush)
        let stuck = try RawConnection(service.socketPath)
        try stuck.send(ServiceManager.request(eventJSON("1")))
        _ = try service.manager.lines { $0.hasPrefix("STATUS=no answer for 1 turn") }
        let silence = try service.manager.lines { $0.hasPrefix("STATUS=no answer for 8 turns") }
        #expect(!silence.contains("WATCHDOG=1"), "\(silence)")
        #expect(silence.last?.contains("the log's writer") == true && silence.last?.contains("event loop") == false)
        // Nothing else hangs: who asks is answered.
        #expect(try service.get("/healthz").status == 200)
        try machine.goOn(machine.flush)
        #expect(try stuck.answer().status == 200)
        _ = try service.manager.lines { $0 == "WATCHDOG=1" }
        #expect(service.log.contains("no sign of life"))
    }

    @Test func aReloadPutsInForceWhatItCanAndSaysTheRest() throws {
        let file = scratch.path + "/journeyd.yaml"
        func configure(_ text: String) throws { try text.write(toFile: file, atomically: false, encoding: .utf8) }
        try configure("limits:\n  connectionsOfUser: 1\n")
        let service = try ServiceManager(scratch)
        try service.startAndWait(["--config", file])
        func reload() throws -> [String] {
            kill(service.process, SIGHUP)
            _ = try service.manager.lines { $0 == "RELOADING=1" }
            return try service.manager.lines { $0 == "READY=1" }
        }
        let first = try RawConnection(service.socketPath)
        #expect(try first.request("GET /healthz HTTP/1.1\r\n\r\n").status == 200)
        #expect(throws: RawConnection.Failure.self) { try service.get("/healthz") }

        try configure("limits:\n  connectionsOfUser: 1\n  conections: 1\n")
        _ = try reload()
        #expect(service.log.contains("'limits.conections'"))
        #expect(throws: RawConnection.Failure.self) { try service.get("/healthz") }

        try configure("log:\n  level: debug\n  quota: 1000000000\nlimits:\n  connectionsOfUser: 2\n")
        _ = try reload()
        #expect(try service.get("/healthz").status == 200)
        #expect(service.log.contains("waits for a restart key=log.quota"), "\(service.log)")
        #expect(service.log.contains("reloaded changed=log.level, limits.connectionsOfUser"), "\(service.log)")
        #expect(service.stop() == 0)
    }

    @Test func clientsWaitForADaemonThatIsNotThereYet() throws {
        let service = try ServiceManager(scratch)
        let early = try RawConnection(service.socketPath)
        try early.send(ServiceManager.request(eventJSON("1")))
        try service.startAndWait()
        #expect(try early.answer().status == 200)
        #expect(service.stop() == 0)
        #expect(FileManager.default.fileExists(atPath: service.socketPath), "the socket is not the daemon's to take away")
        let between = try RawConnection(service.socketPath)
        try between.send("GET /v1/events/1 HTTP/1.1\r\nHost: x\r\n\r\n")
        try service.startAndWait()
        #expect(try between.answer().json?["id"]?.text == "1")
    }

    @Test func whatIsNoSocketOfOursIsRefused() throws {
        let named = try ServiceManager(scratch, name: "other.socket")
        try named.start()
        #expect(named.wait() == 1 && named.log.contains("other.socket"), "\(named.log)")
        let pair = try Scratch()
        // A descriptor that is a file, as a shell's redirection makes it.
        let script = #"LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" --data "$1" --socket "$2" 3</dev/null"#
        let error = pair.path + "/error"
        let process = try Program.spawn(
            "/bin/sh", ["-c", script, Daemon.programs + "journeyd", pair.path + "/d", pair.path + "/s"], standardError: error)
        var status: Int32 = 0
        unsafe waitpid(process, &status, 0)
        #expect((status >> 8) & 0xFF == 1)
        #expect(try String(contentsOfFile: error, encoding: .utf8).contains("not a listening Unix stream socket"))
    }

    /// Clients connect, store an event and read the answer all the time, while the daemon is restarted again and again.
    @Test(.timeLimit(.minutes(10))) func noClientIsRefusedOverRestarts() throws {
        let service = try ServiceManager(scratch)
        try service.startAndWait()
        let tally = Mutex((acknowledged: 0, refused: 0, cut: [String]()))
        let isOver = Mutex(false)
        let path = service.socketPath
        let clients = (0..<8).map { client in
            TestThread {
                var number = 0
                while !isOver.withLock({ $0 }) {
                    guard let connection = try? RawConnection(path) else {
                        tally.withLock { $0.refused += 1 }
                        continue
                    }
                    do {
                        let answer = try connection.request(
                            ServiceManager.request(eventJSON("\(client)-\(number)", subject: "lead:\(client)")))
                        guard answer.status == 200 else { throw Daemon.Failure(description: answer.text) }
                        number += 1
                        tally.withLock { $0.acknowledged += 1 }
                    } catch {
                        // Sent again under the same id, so that it is stored once whatever became of it.
                        tally.withLock { $0.cut.append("\(error)") }
                    }
                }
            }
        }
        for round in 1...6 {
            let before = tally.withLock { $0.acknowledged }
            while tally.withLock({ $0.acknowledged }) < before + 200 { sched_yield() }
            #expect(service.stop() == 0, "round \(round): \(service.log)")
            try service.startAndWait()
        }
        isOver.withLock { $0 = true }
        for client in clients { client.join() }
        let (acknowledged, refused, cut) = tally.withLock { $0 }
        #expect(refused == 0)
        #expect(cut.isEmpty, "\(cut.count) of \(acknowledged): \(cut.prefix(3))")
        #expect(try service.get("/v1/status").json?["position"]?.integer == acknowledged, "each stored once")
        print("restarts: 6, events acknowledged: \(acknowledged), refused: \(refused), cut off: \(cut.count)")
    }
}
