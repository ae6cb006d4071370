import JourneyModel
import TestSupport
import Testing

/// Bad input gets its code, stores nothing that it should not, and leaves the daemon up.
@Suite struct BadInputTests {
    private let scratch: Scratch
    private let daemon: Daemon

    init() throws {
        scratch = try Scratch()
        daemon = try Daemon(scratch)
    }

    private func position() throws -> Int? {
        try daemon.get("/v1/status").json?["position"]?.integer
    }

    @Test func eachFaultHasItsCode() throws {
        let large = eventJSON("1", data: #"{"p":"\#(String(repeating: "x", count: 65 * 1024))"}"#)
        for (body, status, code) in [
            (#"{"specversion":"1.0","id":"1""#, 400, "malformed-json"),
            (#"{"specversion":"1.0","id":"1","source":"/a","type":"t"}"#, 400, "invalid-event"),
            (eventJSON("1", time: "2026-02-30T00:00:00Z"), 400, "invalid-event"), (large, 413, "too-large"),
            (eventJSON("1", type: "sales.opportunity.won", data: "{}"), 400, "invalid-event"),
        ] {
            let answer = try daemon.post(body)
            #expect(answer.status == status && answer.code == code, "\(body.prefix(80)): \(answer.text)")
            #expect(answer.headers["content-type"] == "application/problem+json")
            #expect(answer.headers["journeyd-position"] == "0")
        }
        #expect(try daemon.post(eventJSON("1")).status == 200)
    }

    @Test func anArrayIsStoredAsAWholeOrNotAtAll() throws {
        let type = "application/cloudevents-batch+json"
        for third in [eventJSON("3", subject: "nobody"), "{", #"{"specversion":"1.0"}"#, eventJSON("1", type: "other"), "7"] {
            let events = [eventJSON("1"), eventJSON("2"), third, eventJSON("4"), eventJSON("5")]
            let answer = try daemon.post("[\(events.joined(separator: ","))]", type)
            #expect([400, 409].contains(answer.status), "\(answer.text)")
            if let pointer = answer.json?["errors"]?.elements?.first?["pointer"]?.text { #expect(pointer.hasPrefix("/2")) }
            #expect(try position() == 0)
        }
        let answer = try daemon.post("[\((1...5).map { eventJSON("\($0)") }.joined(separator: ","))]", type)
        #expect(answer.text == #"{"first":1,"last":5,"appended":5,"duplicates":0}"#)
        #expect(try daemon.post("[]", type).text == #"{"first":null,"last":null,"appended":0,"duplicates":0}"#)
    }

    @Test func aBodyThatIsCutShortIsNamed() throws {
        let connection = try daemon.connect()
        try connection.send(
            "POST /v1/events HTTP/1.1\r\nContent-Type: application/cloudevents+json\r\nContent-Length: 1000\r\n\r\n{\"specversion\"")
        connection.endInput()
        let answer = try connection.answer()
        #expect(answer.status == 400 && answer.code == "malformed-json")
        #expect(answer.json?["detail"]?.text?.contains("14 of 1000") == true, "\(answer.text)")
        #expect(try position() == 0)
    }

    @Test func aStreamOfLinesRejectsLineByLine() throws {
        let body = [
            eventJSON("1"), "nonsense", eventJSON("2", time: "2026-13-01T00:00:00Z"), eventJSON("3"), eventJSON("1"),
            eventJSON("3", type: "x"),
        ]
        let answer = try daemon.post(body.joined(separator: "\n"), "application/x-ndjson", to: "/v1/events?atomic=false")
        #expect(answer.status == 200 && answer.headers["content-type"] == "application/x-ndjson")
        let line = try #require(answer.lines.last)
        #expect(answer.lines.count == 1 && line["done"] == .bool(true))
        #expect(line["lines"]?.integer == 6 && line["appended"]?.integer == 2 && line["duplicates"]?.integer == 1)
        let rejected = try #require(line["rejected"]?.elements)
        #expect(rejected.map { $0["line"]?.integer } == [2, 3, 6])
        #expect(rejected.map { $0["code"]?.text } == ["malformed-json", "invalid-time", "conflicting-duplicate"])
    }

    @Test func theSameEventTwiceIsOneAndAnotherUnderItsNameConflicts() throws {
        let event = eventJSON("1", data: #"{"a":1,"b":[2]}"#)
        #expect(try daemon.post(event).text == #"{"first":1,"last":1,"appended":1,"duplicates":0}"#)
        #expect(try daemon.post(event).text == #"{"first":1,"last":1,"appended":0,"duplicates":1}"#)
        let conflict = try daemon.post(eventJSON("1", data: #"{"a":1,"b":[3]}"#))
        #expect(conflict.status == 409 && conflict.code == "conflicting-duplicate")
        #expect(try position() == 1)
    }

    @Test func textOfAllKindsComesBackUnchanged() throws {
        let subject = #"lead:Ωμέγα \u0000 🎉"#
        let data = #"{"κ":"\u0000","e":"👩‍👩‍👧","esc":"\"\\\/\b\f\n\r\t","n":1.50}"#
        #expect(try daemon.post(eventJSON("ü", subject: subject, data: data)).status == 200)
        let text = try daemon.get("/v1/events/1").text
        #expect(text.contains(#""data":\#(data)"#), "data is verbatim: \(text)")
        let event = try JSONValue(text: text)
        #expect(event["subject"]?.text == "lead:Ωμέγα \0 🎉" && event["id"]?.text == "ü")
        let journey = try daemon.get("/v1/journeys/lead:%CE%A9%CE%BC%CE%AD%CE%B3%CE%B1%20%00%20%F0%9F%8E%89?after=1")
        #expect(journey.status == 200 && journey.json?["journey"]?.text == "lead:Ωμέγα \0 🎉")
    }

    @Test func garbageOnTheSocketIsAnsweredOrClosedAndOthersAreServed() throws {
        var random = Seeded(seed: 42)
        for _ in 0..<200 {
            let connection = try daemon.connect()
            var bytes = Array(
                "POST /v1/events HTTP/1.1\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n".utf8)
            for _ in 0..<Int.random(in: 1...20, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            try? connection.send(bytes)
            connection.endInput()
            _ = try? connection.answer()
        }
        #expect(try daemon.get("/healthz").status == 200)
        #expect(try daemon.post(eventJSON("1")).status == 200)
    }

    @Test func headersHaveALimit() throws {
        let connection = try daemon.connect()
        try? connection.send("GET /healthz HTTP/1.1\r\nX-Large: \(String(repeating: "x", count: 20_000))\r\n\r\n")
        let answer = try connection.answer()
        #expect(answer.status == 431 && answer.code == "headers-too-large")
        #expect(try daemon.get("/nowhere").code == "not-found")
    }

    @Test func onlyKnownContentTypesAreTaken() throws {
        let answer = try daemon.post(eventJSON("1"), "application/json")
        #expect(answer.status == 415 && answer.code == "unsupported-media-type")
    }

    @Test func aLargeAnswerReachesAClientThatAskedToClose() throws {
        let data = #"{"p":"\#(String(repeating: "x", count: 60_000))"}"#
        for number in 1...100 { #expect(try daemon.post(eventJSON("\(number)", data: data)).status == 200) }
        let connection = try daemon.connect()
        try connection.send("GET /v1/events?limit=100 HTTP/1.1\r\nConnection: close\r\n\r\n")
        // The daemon closes its side when all is sent; what a client reads late must still be there.
        connection.endInput()
        let answer = try connection.answer()
        #expect(answer.body.count > 6_000_000 && answer.json?["events"]?.elements?.count == 100)
    }

    @Test func thousandsOfRequestsAtOnceDoNotNest() throws {
        let connection = try daemon.connect()
        try connection.send(String(repeating: "GET /x HTTP/1.1\r\n\r\n", count: 5_000))
        for _ in 1...5_000 { #expect(try connection.answer().status == 404) }
    }

    @Test func requestsThatComeTogetherAreAnsweredInOrder() throws {
        let connection = try daemon.connect()
        var text = ""
        for number in 1...20 {
            let body = eventJSON("\(number)")
            text +=
                "POST /v1/events HTTP/1.1\r\nContent-Type: application/cloudevents+json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
            text += "GET /v1/events/\(number) HTTP/1.1\r\n\r\n"
        }
        try connection.send(text)
        for number in 1...20 {
            #expect(try connection.answer().json?["last"]?.integer == number)
            #expect(try connection.answer().json?["id"]?.text == "\(number)")
        }
    }
}
