import JourneyModel
import TestSupport
import Testing

/// Plain appends go past the HTTP parser, and other requests do not: however they are cut and mixed, each gets its answer, in order.
@Suite struct FramingTests {
    private let scratch: Scratch
    private let daemon: Daemon

    init() throws {
        scratch = try Scratch()
        daemon = try Daemon(scratch)
    }

    private func append(_ id: String, headers: String = "Host: x\r\n") -> String {
        let body = eventJSON(id)
        let type = "Content-Type: application/cloudevents+json"
        return "POST /v1/events HTTP/1.1\r\n\(headers)\(type)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    private func expectStored(_ connection: RawConnection, at position: Int) throws {
        let answer = try connection.answer()
        #expect(answer.status == 200 && answer.json?["first"]?.integer == position, "\(answer.text)")
    }

    @Test func anAppendMayComeInAnyPieces() throws {
        let text = Array(append("0").utf8)
        for (index, cut) in stride(from: 1, to: text.count, by: 7).enumerated() {
            let connection = try daemon.connect()
            let request = Array(append("\(index + 10)").utf8)
            try connection.send(Array(request[..<cut]))
            // Answered on another connection in between, so that the first piece has been read by then.
            #expect(try daemon.get("/healthz").status == 200)
            try connection.send(Array(request[cut...]))
            try expectStored(connection, at: index + 1)
        }
    }

    @Test func aBodyMayComeByteByByte() throws {
        let connection = try daemon.connect()
        for position in 1...2 {
            for byte in append("\(position)").utf8 { try connection.send([byte]) }
            try expectStored(connection, at: position)
        }
        #expect(try connection.request("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").status == 200)
    }

    @Test func appendsThatComeTogetherAreAnsweredInOrder() throws {
        let connection = try daemon.connect()
        try connection.send((1...20).map { append("\($0)") }.joined())
        for position in 1...20 { try expectStored(connection, at: position) }
    }

    @Test func appendsAndOtherRequestsMix() throws {
        let connection = try daemon.connect()
        try expectStored(connection, sending: append("1"), at: 1)
        let refused = try connection.request(append("2", headers: "X-Request-Id: mine\r\n").replacing("lead:1", with: "nobody"))
        #expect(refused.status == 400 && refused.headers["x-request-id"] == "mine" && refused.json?["request"]?.text == "mine")
        let head = "HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
        try connection.send(append("3") + head + append("4", headers: "X-Trace: 1\r\n") + append("5"))
        try expectStored(connection, at: 2)
        // No call takes HEAD: its answer has a length and no body.
        let refusal = try connection.readHead()
        #expect(refusal.status == 405 && refusal.headers["content-length"] != "0")
        try expectStored(connection, at: 3)
        try expectStored(connection, at: 4)
        try connection.send(append("6", headers: "Connection: close\r\n"))
        let last = try connection.answer()
        #expect(last.status == 200 && last.headers["connection"] == "close")
        #expect(throws: RawConnection.Failure.self) { try connection.answer() }
    }

    @Test func anAppendThatIsRefusedAtItsHeadHasItsBodyPassedOver() throws {
        let connection = try daemon.connect()
        let count = 300_000
        let head = "POST /v1/events HTTP/1.1\r\nContent-Type: application/cloudevents+json\r\nContent-Length: \(count)\r\n\r\n"
        try connection.send(head)
        #expect(try connection.answer().code == "too-large")
        try connection.send(String(repeating: "x", count: count) + append("1"))
        try expectStored(connection, at: 1)
    }

    private func expectStored(_ connection: RawConnection, sending text: String, at position: Int) throws {
        try connection.send(text)
        try expectStored(connection, at: position)
    }
}
