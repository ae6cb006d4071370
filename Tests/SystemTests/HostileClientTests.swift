import FoundationEssentials
import Glibc
import Impersonation
import JourneyModel
import TestSupport
import Testing

/// Clients that mean harm, or are broken: they meet their limit, and others are served meanwhile.
@Suite struct HostileClientTests {
    private let scratch: Scratch
    private let daemon: Daemon

    init() throws {
        // 1,025 connections have a descriptor each on this side.
        var limit = rlimit()
        unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = min(limit.rlim_max, max(limit.rlim_cur, 4_096))
        unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        scratch = try Scratch()
        daemon = try Daemon(scratch)
    }

    /// Bytes of the daemon's memory that no file backs.
    private var memory: Int {
        get throws {
            let status = try String(contentsOfFile: "/proc/\(daemon.process)/status", encoding: .utf8)
            let line = status.split(separator: "\n").first { $0.hasPrefix("RssAnon:") } ?? ""
            return (line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0) << 10
        }
    }

    /// Another client's day: it emits and asks.
    private func expectService(_ id: String) throws {
        #expect(try daemon.post(eventJSON(id)).status == 200)
        #expect(try daemon.get("/v1/funnel").status == 200)
    }

    @Test func headersThatComeByteByByteHaveATimeLimit() throws {
        let slow = try (0..<20).map { _ in try daemon.connect() }
        for connection in slow { try connection.send("GET /v1/status HTTP/1.1\r\nX-Padding: ") }
        try expectService("during")
        for connection in slow {
            // A byte now and then, as long as the daemon says nothing: no byte buys more time.
            while !connection.isReadable(within: 50) { try connection.send("x") }
            let answer = try connection.answer()
            #expect(answer.status == 408 && answer.code == "timeout", "\(answer.text)")
            #expect(answer.headers["connection"] == "close")
        }
    }

    @Test func aClientThatClosesItsSideGetsItsAnswer() throws {
        let connection = try daemon.connect()
        let body = eventJSON("1")
        try connection.send(
            "POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/cloudevents+json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
        )
        connection.endInput()
        #expect(try connection.answer().status == 200)
        // One that closes its side without a word leaves nothing behind.
        for _ in 0..<300 { try daemon.connect().endInput() }
        try expectService("2")
    }

    @Test func aBodyWithoutEndIsRefusedAtItsLimit() throws {
        let connection = try daemon.connect()
        try connection.send(
            "POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/cloudevents-batch+json\r\nTransfer-Encoding: chunked\r\n\r\n")
        let chunk = Array("10000\r\n[\(String(repeating: " ", count: 65_535))\r\n".utf8)
        // It is told, and when it does not listen it is cut off.
        #expect(throws: (any Error).self) { for _ in 0..<10_000 { try connection.send(chunk) } }
        let answer = try connection.answer()
        #expect(answer.status == 413 && answer.code == "too-large")
        try expectService("1")
    }

    @Test func anEventWithoutEndIsALineThatIsTooLong() throws {
        let connection = try daemon.connect()
        try connection.send(
            "POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n")
        let before = try memory
        let chunk = Array("10000\r\n\(String(repeating: "x", count: 65_536))\r\n".utf8)
        for _ in 0..<1_000 { try connection.send(chunk) }
        try connection.send("0\r\n\r\n")
        let answer = try connection.answer()
        let rejected = answer.lines.flatMap { $0["rejected"]?.elements ?? [] }
        #expect(rejected.map { $0["code"]?.text } == ["too-large"])
        #expect(try memory - before < 32 << 20)
    }

    /// Of one user's connections beyond its share none is served, and other users' are.
    @Test func oneUserCannotTakeAllConnections() throws {
        let many = (0..<1_025).compactMap { _ in try? daemon.connect() }
        var (served, refused) = (0, 0)
        for connection in many {
            do {
                try connection.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(try connection.answer().status == 200)
                served += 1
            } catch {
                refused += 1
            }
        }
        // Those who were there first stay, up to the limit of one user; no connection is lost without a word.
        #expect(many.count == 1_025 && served == 256 && refused == 1_025 - 256)
        withExtendedLifetime(many) {}
    }

    @Test(.enabled(if: geteuid() == 0, "only root can become other users"))
    func othersAreServedWhileOneUserTakesAllItMay() throws {
        unsafe chmod(scratch.path, 0o755)
        unsafe chmod(daemon.socketPath, 0o666)
        let crowd = Crowd(daemon.socketPath, user: 50_001, count: 1_025)
        try expectService("1")
        let status = try daemon.get("/v1/status")
        #expect(status.status == 200)
        crowd.leave()
        try expectService("2")
    }

    @Test func whoComesAndGoesLeavesNothing() throws {
        for _ in 0..<500 { try expectHealth() }
        let before = try memory
        for _ in 0..<2_000 { try expectHealth() }
        let grown = try memory - before
        #expect(grown < 8 << 20, "\(grown >> 10) KiB for 2,000 connections")
    }

    private func expectHealth() throws {
        #expect(try daemon.get("/healthz").status == 200)
    }

    @Test func whoNeverReadsItsAnswersHoldsUpNobodyAndFillsNoMemory() throws {
        let data = #"{"p":"\#(String(repeating: "x", count: 8_000))"}"#
        for part in 0..<10 {
            let lines = (0..<200).map { eventJSON("\(part)-\($0)", data: data) }
            #expect(try daemon.post(lines.joined(separator: "\n"), "application/x-ndjson").status == 200)
        }
        let before = try memory
        // Each asks for 16 MB, some of them again and again, and takes nothing.
        let deaf = try (0..<24).map { number in
            let connection = try daemon.connect()
            let request =
                number.isMultiple(of: 2)
                ? "GET /v1/events?follow=true&after=0 HTTP/1.1\r\nHost: x\r\nAccept: application/x-ndjson\r\n\r\n"
                : String(repeating: "GET /v1/events?limit=100 HTTP/1.1\r\nHost: x\r\n\r\n", count: 50)
            try connection.send(request)
            return connection
        }
        for number in 0..<20 { try expectService("during-\(number)") }
        let grown = try memory - before
        #expect(grown < 128 << 20, "\(grown >> 20) MiB for \(deaf.count) clients")
        withExtendedLifetime(deaf) {}
    }
}

/// Connections of another user.
private final class Crowd: @unchecked Sendable {
    // @unchecked Sendable: the thread that fills it has ended before anybody else looks.
    private var connections: [RawConnection] = []

    init(_ path: String, user: UInt32, count: Int) {
        AnotherUser(user) { [self] in
            for _ in 0..<count {
                guard let connection = try? RawConnection(path) else { continue }
                try? connection.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
                connections.append(connection)
            }
        }.join()
    }

    func leave() { connections = [] }
}

/// A thread that is another user while it does one thing.
private final class AnotherUser {
    private var thread = pthread_t()

    private final class Box {
        let run: () -> Void
        init(_ run: @escaping () -> Void) { self.run = run }
    }

    init(_ user: UInt32, _ body: @escaping () -> Void) {
        let box = unsafe Unmanaged.passRetained(
            Box {
                guard impersonate(user, user, nil, 0) == 0 else { return }
                body()
            })
        unsafe pthread_create(
            &thread, nil,
            { argument in
                if let argument = unsafe argument { unsafe Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().run() }
                return nil
            }, unsafe box.toOpaque())
    }

    func join() {
        pthread_join(thread, nil)
    }
}
