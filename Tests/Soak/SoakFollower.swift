import Glibc
import Synchronization

/// Follows all events and looks at each: positions without a gap, and every emitter's numbers one behind the other.
final class SoakFollower: Sendable {
    enum Form: String {
        case lines = "application/x-ndjson"
        case serverSent = "text/event-stream"
        /// Lines, from where the daemon says that it was: what it was sent and has not acknowledged comes again.
        case consumer
    }

    let form: Form
    private let state: SoakState
    private let seen = Atomic(0)
    private let resumed = Atomic(0)
    private let numbers: Mutex<[Int]>

    init(_ form: Form, emitters: Int, state: SoakState) {
        (self.form, self.state) = (form, state)
        numbers = Mutex(Array(repeating: -1, count: emitters))
    }

    /// The last position it has seen.
    var position: Int { seen.load(ordering: .acquiring) }
    /// How often it began again where it was.
    var resumptions: Int { resumed.load(ordering: .relaxed) }
    /// The last number of each emitter.
    var lastNumbers: [Int] { numbers.withLock { $0 } }

    func run() {
        while !isDone, let connection = state.connect() {
            do throws(ConnectionLost) {
                try follow(connection)
            } catch {
                // The next connection goes on behind what was seen; a line that was cut off comes again.
            }
            resumed.add(1, ordering: .relaxed)
        }
    }

    private var isDone: Bool { state.tail.map { position >= $0 } ?? false }

    private func follow(_ connection: SoakConnection) throws(ConnectionLost) {
        let clerk = form == .consumer ? try SoakClerk(self, state) : nil
        var last = clerk?.position ?? position
        try connection.send(Array("GET /v1/events?follow=true\(request(after: last))\r\n\r\n".utf8))
        let head = try connection.readHead()
        guard head.status == 200 else { throw ConnectionLost() }
        var rest: [UInt8] = []
        while !isDone, let chunk = try connection.readChunk() {
            rest += chunk
            var start = 0
            while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
                take(rest[start..<end], after: &last)
                start = end + 1
            }
            rest.removeSubrange(..<start)
            try clerk?.acknowledge(position, isLast: isDone)
        }
    }

    /// Where to begin, and in which form.
    private func request(after position: Int) -> String {
        switch form {
        case .lines: "&after=\(position) HTTP/1.1\r\nHost: x\r\nAccept: \(form.rawValue)"
        case .serverSent: " HTTP/1.1\r\nHost: x\r\nAccept: \(form.rawValue)\r\nLast-Event-ID: \(position)"
        case .consumer: "&consumer=\(SoakClerk.consumer) HTTP/1.1\r\nHost: x\r\nAccept: \(Form.lines.rawValue)"
        }
    }

    private static let position = Array(#"{"position":"#.utf8)
    private static let identity = Array(#""id":""#.utf8)
    private static let source = Array(#""source":"/soak/"#.utf8)

    private func take(_ line: ArraySlice<UInt8>, after last: inout Int) {
        guard let position = SoakFollower.number(behind: SoakFollower.position, in: line) else { return }
        guard let number = SoakFollower.number(behind: SoakFollower.identity, in: line),
            let emitter = SoakFollower.number(behind: SoakFollower.source, in: line)
        else { return state.fault("\(form): position \(position) is of no emitter") }
        if position != last + 1 { state.fault("\(form): position \(position) came after \(last)") }
        last = position
        // Only a consumer gets again what it has seen.
        guard position > self.position else { return }
        seen.store(position, ordering: .releasing)
        numbers.withLock { numbers in
            if number != numbers[emitter] + 1 { state.fault("\(form): emitter \(emitter), \(number) came after \(numbers[emitter])") }
            numbers[emitter] = number
        }
    }

    /// The number that stands behind a text.
    private static func number(behind text: [UInt8], in line: ArraySlice<UInt8>) -> Int? {
        guard let start = SoakFollower.end(of: text, in: line) else { return nil }
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        var (number, isNumber) = (0, false)
        for byte in line[start...] {
            guard digits.contains(byte) else { break }
            number = number * 10 + Int(byte - UInt8(ascii: "0"))
            isNumber = true
        }
        return isNumber ? number : nil
    }

    /// The index behind the first occurrence of a text.
    private static func end(of text: [UInt8], in line: ArraySlice<UInt8>) -> Int? {
        guard line.count >= text.count else { return nil }
        for start in line.startIndex...(line.endIndex - text.count) where line[start] == text[0] {
            var length = 1
            while length < text.count, line[start + length] == text[length] { length += 1 }
            if length == text.count { return start + length }
        }
        return nil
    }
}
