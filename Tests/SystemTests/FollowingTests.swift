import Glibc
import JourneyModel
import TestSupport
import Testing

/// Following the log: filters, signs of life, and readers that do not read.
@Suite struct FollowingTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    private static let events = [
        eventJSON("1", type: "sales.a.b", subject: "lead:1", source: "/crm", account: "account:x"),
        eventJSON("2", type: "sales.a.c", subject: "ticket:1", source: "/desk", account: "account:x"),
        eventJSON("3", type: "support.a.b", subject: "lead:2", source: "/crm"),
        eventJSON("4", type: "sales.a.b", subject: "lead:2", source: "/crm"),
        eventJSON("5", type: "last.of.all", subject: "lead:1", source: "/crm", account: "account:x"),
    ]

    @Test(arguments: [
        ("type=sales.*", [1, 2, 4]), ("type=sales.a.b", [1, 4]), ("source=/crm", [1, 3, 4, 5]), ("source=/crm&type=sales.*", [1, 4]),
        ("subject=lead:1", [1, 5]), ("journey=lead:1", [1, 2, 5]), ("journey=lead:1&type=sales.*", [1, 2]), ("after=3", [4, 5]),
        ("journey=account:x&source=/crm", [1, 5]), ("", [1, 2, 3, 4, 5]),
    ])
    func aFilterHoldsForWhatIsThereAndForWhatComes(_ query: String, _ expected: [Int]) throws {
        let daemon = try Daemon(scratch)
        for event in Self.events[..<2] { #expect(try daemon.post(event).status == 200) }
        let follower = try Follower(daemon, "follow=true" + (query.isEmpty ? "" : "&" + query))
        let (before, after) = (expected.filter { $0 <= 2 }, expected.filter { $0 > 2 })
        #expect(try follower.positions(before.count) == before)
        for event in Self.events[2...] { #expect(try daemon.post(event).status == 200) }
        #expect(try follower.positions(after.count) == after)
        let page = try daemon.get("/v1/events?\(query)").json?["events"]?.elements?.map { $0["position"]?.integer }
        #expect(page == expected)
    }

    @Test func signsOfLifeComeWhereNothingElseDoes() throws {
        let daemon = try Daemon(scratch, environment: ["JOURNEYD_FOLLOW_HEARTBEAT": "1"])
        for (accept, sign) in [("application/x-ndjson", "\n"), ("text/event-stream", ":\n\n")] {
            let connection = try daemon.connect()
            try connection.send("GET /v1/events?follow=true HTTP/1.1\r\nAccept: \(accept)\r\n\r\n")
            #expect(try connection.readHead().headers["content-type"] == accept)
            for _ in 0..<3 { #expect(try connection.readChunk() == Array(sign.utf8)) }
        }
    }

    @Test func aBrowserThatComesBackGoesOn() throws {
        let daemon = try Daemon(scratch)
        for event in Self.events { #expect(try daemon.post(event).status == 200) }
        let connection = try daemon.connect()
        try connection.send("GET /v1/events?type=sales.* HTTP/1.1\r\nAccept: text/event-stream\r\nLast-Event-ID: 1\r\n\r\n")
        #expect(try connection.readHead().status == 200)
        var text = ""
        while !text.contains("id: 4\n") { text += String(decoding: try #require(try connection.readChunk()), as: UTF8.self) }
        #expect(text.contains("id: 2\ndata: {\"position\":2,") && !text.contains("id: 1\n") && !text.contains("id: 3\n"))
        let wrong = try daemon.connect().request("GET /v1/events HTTP/1.1\r\nAccept: text/event-stream\r\nLast-Event-ID: x\r\n\r\n")
        #expect(wrong.status == 400 && wrong.json?["errors"]?.elements?.first?["pointer"]?.text == "/Last-Event-ID")
    }

    /// One who never reads holds a page and what the kernel holds of it, and only for so long; others are served all the while.
    @Test(.timeLimit(.minutes(10))) func aReaderThatDoesNotReadIsCutOff() throws {
        let daemon = try Daemon(scratch, environment: ["JOURNEYD_FOLLOW_PATIENCE": "1"])
        let silent = try daemon.connect()
        try silent.send("GET /v1/events?follow=true HTTP/1.1\r\nAccept: application/x-ndjson\r\n\r\n")
        let reader = try Follower(daemon, "follow=true")
        let data = #"{"p":"\#(String(repeating: "x", count: 60_000))"}"#
        var sent = 0
        #expect(
            try daemon.eventually {
                let lines = (1...50).map { eventJSON("\(sent + $0)", data: data) }.joined(separator: "\n")
                guard try daemon.post(lines, "application/x-ndjson").status == 200 else { return false }
                sent += 50
                // Who reads is served to the last event, whoever else does not.
                guard try reader.positions(50) == Array((sent - 49)...sent) else { return false }
                return try daemon.get("/metrics").text.contains("\njourneyd_slow_readers_total 1\n")
            })
        #expect(daemon.log.contains("cut off") && daemon.log.contains("kind=follower"))
        #expect(try daemon.eventually { try daemon.get("/metrics").text.contains("\njourneyd_followers 1\n") })
        // What it would have read ends in the middle, so that nobody takes it for whole.
        #expect(throws: RawConnection.Failure.self) {
            _ = try silent.readHead()
            while try silent.readChunk() != nil {}
        }
    }
}
