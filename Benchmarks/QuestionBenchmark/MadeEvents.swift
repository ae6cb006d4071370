internal import EventLog
internal import Glibc
internal import JourneyModel

/// Events of journeys that go on side by side: each of as many events, of twelve types at random, about a day apart, in the order of time.
struct MadeEvents {
    let events: Int
    let journeys: Int

    private static let types = 12
    private static let batch = 20_000
    private static let start: Int64 = 1_735_689_600
    private static let seconds = 400 * 86_400

    /// What is asked, and measured.
    static let questions: [(name: String, question: String)] = {
        func steps(_ first: String, _ second: String) -> String {
            let more = (2..<5).map { #",{"type":"bench.step.t\#($0)"}"# }.joined()
            return #""steps":[{"type":"bench.step.t0"\#(first)},{"type":"bench.step.t1"\#(second)}\#(more)],"window":"P30D""#
        }
        let conditions = steps(#","where":{"data.n":{"gte":250}}"#, #","where":{"data.t":{"in":["a","b","c","d","e","f"]}}"#)
        return [
            ("funnel", "{\"funnel\":{\(steps("", ""))}}"), ("where", "{\"funnel\":{\(conditions)}}"),
            ("where and breakdown", "{\"funnel\":{\(conditions),\"breakdown\":{\"field\":\"data.t\"}}}"),
        ]
    }()

    func append(to log: EventLog) throws {
        let reader = EventReader(catalogue: try .shipped())
        let each = max(1, events / journeys)
        // As many journeys at a time as make each last for twenty days.
        var active = (0..<max(1, journeys / 20)).map { (journey: $0, left: each) }
        var next = active.count
        var random: UInt64 = 42
        func draw(_ below: Int) -> Int {
            random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((random >> 33) % UInt64(below))
        }
        var batch = EventBatch()
        for number in 0..<events {
            let place = draw(active.count)
            let journey = active[place].journey
            active[place].left -= 1
            if active[place].left == 0 {
                active[place] = (next, each)
                next += 1
            }
            let time = Timestamp(microseconds: (Self.start + Int64(number) * Int64(Self.seconds) / Int64(events)) * 1_000_000).text
            let letter = Character(UnicodeScalar(UInt8(97 + draw(20))))
            let text = """
                {"specversion":"1.0","id":"\(number)","source":"/bench","type":"bench.step.t\(draw(Self.types))","subject":"lead:\(journey)",\
                "time":"\(time)","data":{"n":\(draw(1000)),"t":"\(letter)"}}
                """
            let utf8 = Array(text.utf8)
            try reader.read(utf8.span, receivedAt: .now, into: &batch)
            if batch.drafts.count == Self.batch || number == events - 1 {
                try append(batch, to: log)
                batch = EventBatch()
            }
        }
    }

    /// Writes journey, second, type, number and text of each event, with tabs between.
    static func export(_ log: EventLog, to path: String) throws {
        guard let file = unsafe fopen(path, "w") else { throw POSIXError(path) }
        defer { unsafe fclose(file) }
        var failure: (any Error)?
        try log.read(after: 0) { (record, bytes) in
            do {
                let event = try log.event(record, bytes)
                let data = try JSONValue(event.data.span)
                let fields = [
                    String(event.subject.dropFirst(5)), String(event.time.microseconds / 1_000_000), event.type,
                    String(data["n"]?.integer ?? 0), data["t"]?.text ?? "",
                ]
                unsafe fputs(fields.joined(separator: "\t") + "\n", file)
            } catch {
                failure = error
            }
            return failure == nil
        }
        if let failure { throw failure }
    }

    private struct POSIXError: Error {
        let path: String

        init(_ path: String) {
            self.path = path
        }
    }

    private func append(_ batch: EventBatch, to log: EventLog) throws {
        while true {
            do throws(LogError) {
                return try log.append(AppendRequest(batch: batch, to: log, isAtomic: true, emitter: 0, expectation: nil) { _ in })
            } catch {
                guard case .overloaded = error else { throw error }
                // The queue is bounded: what is in it has to be stored first.
                let tail = log.tail
                while log.tail == tail { sched_yield() }
            }
        }
    }
}
