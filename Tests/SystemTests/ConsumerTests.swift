import FoundationEssentials
import Glibc
import JourneyModel
import TestSupport
import Testing

/// Named consumers: whatever ends, whoever follows goes on where it was.
@Suite struct ConsumerTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    private func put(_ daemon: Daemon, _ name: String, _ body: String = "") throws -> RawConnection.Answer {
        try daemon.connect().request("PUT /v1/consumers/\(name) HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.utf8.count)\r\n\r\n" + body)
    }

    private func acknowledge(_ daemon: Daemon, _ name: String, _ position: Int) throws -> RawConnection.Answer {
        try daemon.post(#"{"position":\#(position)}"#, "application/json", to: "/v1/consumers/\(name)/ack")
    }

    private func store(_ daemon: Daemon, _ numbers: ClosedRange<Int>, type: String = "sales.thing.happened") throws {
        let text = numbers.map { eventJSON("\($0)", type: type) }.joined(separator: "\n")
        #expect(try daemon.post(text, "application/x-ndjson").status == 200)
    }

    @Test func aConsumerGoesOnWhereItWasAfterSIGKILL() throws {
        var daemon = try Daemon(scratch)
        try store(daemon, 1...5)
        let made = try put(daemon, "billing", #"{"type":"sales.*"}"#)
        #expect(made.status == 201 && made.json?["position"]?.integer == 0 && made.json?["lag"]?.integer == 5)
        #expect(try put(daemon, "billing", #"{"type":"sales.*"}"#).status == 200)
        var follower = try Follower(daemon, "consumer=billing&follow=true")
        #expect(try follower.positions(5) == [1, 2, 3, 4, 5])
        #expect(try acknowledge(daemon, "billing", 3).json?["position"]?.integer == 3)
        #expect(daemon.signal(SIGKILL) == -SIGKILL)

        daemon = try Daemon(scratch)
        let known = try daemon.get("/v1/consumers/billing").json
        #expect(known?["position"]?.integer == 3 && known?["lag"]?.integer == 2 && known?["followed"] == .bool(false))
        // What was sent and not acknowledged comes again, and what is new behind it.
        follower = try Follower(daemon, "consumer=billing&follow=true")
        try store(daemon, 6...7)
        #expect(try follower.positions(4) == [4, 5, 6, 7])
        #expect(try daemon.get("/v1/consumers/billing").json?["followed"] == .bool(true))
    }

    @Test func whatTheFilterPassesOverIsNoLag() throws {
        let daemon = try Daemon(scratch)
        #expect(try put(daemon, "c", #"{"type":"sales.*","source":"/test"}"#).status == 201)
        try store(daemon, 1...2)
        let follower = try Follower(daemon, "consumer=c&follow=true")
        #expect(try follower.positions(2) == [1, 2])
        try store(daemon, 3...9, type: "support.thing.happened")
        // One more that it is sent: then it has passed over the others.
        try store(daemon, 10...10)
        #expect(try follower.positions(1) == [10])
        #expect(try daemon.get("/v1/consumers/c").json?["lag"]?.integer == 10)
        #expect(try acknowledge(daemon, "c", 10).json?["lag"]?.integer == 0)
        try store(daemon, 11...20, type: "support.thing.happened")
        #expect(try daemon.eventually { try daemon.get("/v1/consumers/c").json?["lag"]?.integer == 0 })
        // Asked for without being followed, it is sent what is behind its position.
        let page = try daemon.get("/v1/events?consumer=c").json?["events"]
        #expect(page == .array([]))
        let metrics = try daemon.get("/metrics").text
        #expect(metrics.contains("\njourneyd_consumer_position{consumer=\"c\"} 10\n"))
        #expect(metrics.contains("\njourneyd_consumer_lag_events{consumer=\"c\"} 0\n"))
        #expect(metrics.contains("\njourneyd_followers 1\n"))
    }

    @Test func aConsumerIsFollowedByOneAtATime() throws {
        let daemon = try Daemon(scratch)
        #expect(try put(daemon, "c").status == 201)
        var first: Follower? = try Follower(daemon, "consumer=c&follow=true")
        let second = try daemon.connect()
        let refused = try second.request("GET /v1/events?consumer=c&follow=true HTTP/1.1\r\nAccept: text/event-stream\r\n\r\n")
        #expect(refused.status == 409 && refused.code == "consumer-followed")
        withExtendedLifetime(first) {}
        first = nil
        #expect(try daemon.eventually { try daemon.get("/v1/consumers/c").json?["followed"] == .bool(false) })
        // The connection that was refused can be used on.
        try second.send("GET /v1/events?consumer=c&follow=true HTTP/1.1\r\nAccept: text/event-stream\r\n\r\n")
        #expect(try second.readHead().status == 200)
    }

    @Test func theCommandLineAcknowledgesWhatItPrinted() throws {
        var daemon = try Daemon(scratch)
        func command(_ arguments: String...) throws -> (status: Int32, output: String, error: String) {
            try Program.run("journeyctl", ["--socket", daemon.socketPath] + arguments, in: scratch)
        }
        #expect(try command("subscribe", "billing", "--type", "sales.*").status == 0)
        try store(daemon, 1...2)
        try store(daemon, 3...4, type: "support.thing.happened")
        let printed = scratch.path + "/printed"
        let follower = try Program.spawn(
            Daemon.programs + "journeyctl", ["--socket", daemon.socketPath, "--output", "json", "follow", "--consumer", "billing"],
            standardError: scratch.path + "/follow-errors", standardOutput: printed)
        #expect(try daemon.eventually { try daemon.get("/v1/consumers/billing").json?["position"]?.integer == 2 })
        #expect(daemon.signal(SIGTERM) == 0)
        var status: Int32 = 0
        unsafe waitpid(follower, &status, 0)
        #expect(status >> 8 != 0)
        let lines = try String(contentsOfFile: printed, encoding: .utf8).split(separator: "\n")
        #expect(try lines.map { try JSONValue(text: String($0))["position"]?.integer } == [1, 2])

        daemon = try Daemon(scratch)
        let table = try command("--output", "csv", "consumers").output.split(separator: "\n")
        #expect(table.count == 2 && table[1].hasPrefix("billing,2,"))
        #expect(try command("follow", "--consumer", "billing", "--after", "1").status == 2)
        #expect(try command("unsubscribe", "billing").status == 0)
        #expect(try daemon.get("/v1/consumers/billing").status == 404)
    }

    @Test func aConsumerThatIsDeletedIsFollowedNoMore() throws {
        let daemon = try Daemon(scratch)
        #expect(try put(daemon, "c", #"{"start":"now"}"#).status == 201)
        let follower = try Follower(daemon, "consumer=c&follow=true")
        let deleted = try daemon.connect().request("DELETE /v1/consumers/c HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(deleted.status == 200 && deleted.json?["name"]?.text == "c")
        #expect(try follower.isEnded())
        #expect(try daemon.get("/v1/consumers/c").status == 404)
        // The connection goes on.
        try store(daemon, 1...1)
        #expect(try follower.followAgain("follow=true").positions(1) == [1])
        let left = try daemon.get("/v1/consumers").json?["consumers"]
        #expect(left == .array([]))
        #expect(try acknowledge(daemon, "c", 0).status == 404)
    }

    @Test func whatIsWrongIsNamed() throws {
        let daemon = try Daemon(scratch)
        try store(daemon, 1...3)
        #expect(try put(daemon, "c", #"{"start":2}"#).json?["position"]?.integer == 2)
        for (body, status, words) in [
            (#"{"typ":"x"}"#, 400, "typ"), (#"{"subject":"lead"}"#, 400, "subject"), (#"{"start":"soon"}"#, 400, "start"),
            (#"{"start":4}"#, 409, "position 3"), (#"{"start":-1}"#, 400, "start"), (#"{"type":"x.*"}"#, 409, "another filter"),
            (#"{"type":"x","type":"y"}"#, 400, "twice"),
        ] {
            let answer = try put(daemon, "c", body)
            #expect(answer.status == status && answer.text.contains(words), "\(body): \(answer.text)")
        }
        #expect(try put(daemon, "-c").status == 400)
        let ahead = try acknowledge(daemon, "c", 4)
        #expect(ahead.status == 409 && ahead.code == "position-ahead")
        #expect(try acknowledge(daemon, "c", 1).json?["position"]?.integer == 2, "never back")
        #expect(try daemon.get("/v1/events?consumer=c&type=x").code == "invalid-parameter")
        #expect(try daemon.get("/v1/events?consumer=nobody").status == 404)
    }
}

/// Follows the log in lines.
final class Follower {
    private let connection: RawConnection
    private var text = ""

    init(_ daemon: Daemon, _ query: String) throws {
        connection = try daemon.connect()
        try connection.send("GET /v1/events?\(query) HTTP/1.1\r\nAccept: application/x-ndjson\r\n\r\n")
        let head = try connection.readHead()
        guard head.status == 200 else { throw Daemon.Failure(description: "following was answered \(head.status)") }
    }

    /// Asks once more on the same connection.
    func followAgain(_ query: String) throws -> Follower {
        try connection.send("GET /v1/events?\(query) HTTP/1.1\r\nAccept: application/x-ndjson\r\n\r\n")
        _ = try connection.readHead()
        return self
    }

    /// The next events.
    func events(_ count: Int) throws -> [JSONValue] {
        var events: [JSONValue] = []
        while events.count < count {
            guard let end = text.firstIndex(of: "\n") else {
                guard let chunk = try connection.readChunk() else { throw Daemon.Failure(description: "the answer ended") }
                text += String(decoding: chunk, as: UTF8.self)
                continue
            }
            let line = String(text[..<end])
            text.removeSubrange(...end)
            if !line.isEmpty { events.append(try JSONValue(text: line)) }
        }
        return events
    }

    func positions(_ count: Int) throws -> [Int?] {
        try events(count).map { $0["position"]?.integer }
    }

    /// Reads on to the end of the answer.
    func isEnded() throws -> Bool {
        while try connection.readChunk() != nil {}
        return true
    }
}

extension Daemon {
    /// Asks until it is so, for half a minute at most.
    func eventually(_ isSo: () throws -> Bool) throws -> Bool {
        let deadline = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < deadline {
            if try isSo() { return true }
            sched_yield()
        }
        return false
    }
}
