import ControlInterface
import Testing

@Suite struct PlainAppendTests {
    private static let start = "POST /v1/events HTTP/1.1\r\n"
    private static let type = "Content-Type: application/cloudevents+json\r\n"
    private static let length = "Content-Length: 12\r\n"

    private func recognise(_ text: String) -> PlainAppend? {
        recognise(Array(text.utf8))
    }

    private func recognise(_ bytes: [UInt8]) -> PlainAppend? {
        PlainAppend(bytes.span)
    }

    @Test func oneEventIsRecognised() throws {
        let head = Self.start + "Host: x\r\n" + Self.type + Self.length + "\r\n"
        let found = try #require(recognise(head + "{\"a\":\"body\"}"))
        #expect(found.format == .single && found.headCount == head.utf8.count && found.bodyCount == 12 && found.requestID == nil)
    }

    @Test func anArrayIsRecognisedAndNamesAreWrittenAnyhow() throws {
        let found = try #require(
            recognise(
                Self.start + "content-TYPE:application/cloudevents-batch+json\r\nUSER-agent: a b/1 (c)\r\nx-request-id: order-7\r\n"
                    + "Accept: */*\r\nContent-length: 0\r\n\r\n"))
        #expect(found.format == .array && found.bodyCount == 0 && found.requestID == "order-7")
    }

    @Test func everyHeadThatIsCutOffIsLeftToTheParser() {
        let head = Array((Self.start + "Host: x\r\n" + Self.type + Self.length + "\r\n").utf8)
        for count in head.indices { #expect(recognise(Array(head[..<count])) == nil) }
        #expect(recognise(head) != nil)
    }

    @Test(arguments: [
        "GET /v1/events HTTP/1.1\r\n", "POST /v1/events HTTP/1.0\r\n", "POST /v1/events?expect=1 HTTP/1.1\r\n",
        "POST  /v1/events HTTP/1.1\r\n", "POST /v1/events HTTP/1.1\n", "\r\nPOST /v1/events HTTP/1.1\r\n", "post /v1/events HTTP/1.1\r\n",
    ])
    func anotherRequestLineIsLeftToTheParser(_ line: String) {
        #expect(recognise(line + Self.type + Self.length + "\r\n") == nil)
    }

    @Test(arguments: [
        // What the parser answers otherwise, or frames a body otherwise.
        "Expect: 100-continue\r\n", "Transfer-Encoding: chunked\r\n", "Connection: close\r\n", "Upgrade: h2c\r\n", "X-Anything: 1\r\n",
        // Twice.
        "Content-Length: 12\r\n", "Content-Type: application/cloudevents+json\r\n", "X-Request-Id: a\r\nX-Request-Id: b\r\n",
        // Malformed, or of a form that is rare.
        "Host : x\r\n", "Host\r\n", ": x\r\n", "Host:\r\n", "Host: \r\n", "Host:  x\r\n", "Host: x \r\n", "Host: x\n", " Host: x\r\n",
        "Host: a\r\n b\r\n", "Host: a\u{0}b\r\n", "Host: a\tb\r\n", "Host: ü\r\n", "Host: x\r\r\n", "Ho st: x\r\n", "Host\r: x\r\n",
    ])
    func anotherHeaderIsLeftToTheParser(_ header: String) {
        #expect(recognise(Self.start + Self.type + Self.length + header + "\r\n") == nil)
        #expect(recognise(Self.start + header + Self.type + Self.length + "\r\n") == nil)
    }

    @Test(arguments: ["", "-1", "+1", "1 2", "0x10", "1,1", "1234567890", "12a", "٣"])
    func anotherLengthIsLeftToTheParser(_ length: String) {
        #expect(recognise(Self.start + Self.type + "Content-Length: \(length)\r\n\r\n") == nil)
    }

    @Test(arguments: [
        "application/x-ndjson", "application/cloudevents+json; charset=utf-8", "Application/CloudEvents+json", "application/json", "",
        "application/cloudevents-batch+jsoN", "application/cloudevents+jsonx",
    ])
    func anotherTypeIsLeftToTheParser(_ type: String) {
        #expect(recognise(Self.start + "Content-Type: \(type)\r\n" + Self.length + "\r\n") == nil)
    }

    @Test func withoutTypeOrLengthItIsLeftToTheParser() {
        #expect(recognise(Self.start + Self.type + "\r\n") == nil)
        #expect(recognise(Self.start + Self.length + "\r\n") == nil)
    }

    @Test func aLongHeadIsLeftToTheParser() {
        func head(agent count: Int) -> String {
            Self.start + Self.type + Self.length + "User-Agent: \(String(repeating: "a", count: count))\r\n\r\n"
        }
        let rest = 1024 - head(agent: 0).utf8.count
        #expect(recognise(head(agent: rest)) != nil)
        #expect(recognise(head(agent: rest + 1)) == nil)
    }
}
