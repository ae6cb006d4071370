import Glibc
import JourneyModel
import Synchronization

/// Emits numbered events at a steady rate; a batch whose answer did not come is sent again as it was.
final class SoakEmitter: Sendable {
    static let batch = 400
    private static let subjects = 20_000

    let number: Int
    private let state: SoakState
    private let rate: Double
    private let emitted = Atomic(0)
    private let repeated = Atomic(0)

    /// - Parameter rate: events a second.
    init(_ number: Int, rate: Double, state: SoakState) {
        (self.number, self.rate, self.state) = (number, rate, state)
    }

    /// Events that the daemon has acknowledged.
    var count: Int { emitted.load(ordering: .acquiring) }
    /// Batches that were sent more than once.
    var repetitions: Int { repeated.load(ordering: .relaxed) }

    func run() {
        let start = ContinuousClock.now
        var (next, connection) = (0, state.connect())
        while !state.isStopped {
            let due = start + .seconds(Double(next) / rate)
            let early = ContinuousClock.now.duration(to: due)
            if early > .zero { usleep(UInt32(min(1_000_000, early / .microseconds(1)))) }
            let body = lines(from: next)
            while let open = connection {
                do throws(ConnectionLost) {
                    try deliver(body, on: open)
                    break
                } catch {
                    repeated.add(1, ordering: .relaxed)
                    connection = state.connect()
                }
            }
            next += SoakEmitter.batch
            emitted.store(next, ordering: .releasing)
        }
    }

    private func deliver(_ body: [UInt8], on connection: SoakConnection) throws(ConnectionLost) {
        let answer = try connection.request("POST /v1/events?atomic=false HTTP/1.1\r\nContent-Type: application/x-ndjson", body)
        guard answer.status == 200 else {
            guard [429, 503].contains(answer.status) else {
                return state.fault("emitter \(number) was answered \(answer.status) \(String(decoding: answer.body, as: UTF8.self))")
            }
            throw ConnectionLost()
        }
        var lines = 0
        for text in answer.body.split(separator: UInt8(ascii: "\n")) {
            let line = try? JSONValue(Array(text).span)
            if line?["error"] != nil { throw ConnectionLost() }
            lines += line?["lines"]?.integer ?? 0
            if line?["rejected"] != .array([]) { state.fault("emitter \(number): \(String(decoding: text.prefix(300), as: UTF8.self))") }
        }
        guard lines == SoakEmitter.batch else { throw ConnectionLost() }
    }

    /// Events as services send them; journeys go through a few stages so that questions have something to find.
    private func lines(from first: Int) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(SoakEmitter.batch * 230)
        let types = ["marketing.lead.created", "sales.touch.made", "test.thing.happened", "sales.touch.made"]
        for event in first..<(first + SoakEmitter.batch) {
            let subject = event % SoakEmitter.subjects + number * SoakEmitter.subjects
            let type = types[event / SoakEmitter.subjects % types.count]
            let data =
                type == "test.thing.happened"
                ? #"{"region":"north"}"#
                : type == "sales.touch.made"
                    ? #"{"channel":"call","direction":"outbound","human":true}"# : #"{"lead_id":"\#(subject)","origin":"organic"}"#
            text +=
                #"{"specversion":"1.0","id":"\#(event)","source":"/soak/\#(number)","type":"\#(type)","subject":"lead:\#(subject)","time":"2026-03-01T00:00:00Z","data":\#(data)}"#
                .utf8
            text.append(UInt8(ascii: "\n"))
        }
        return text
    }
}
