import Glibc
import Synchronization

/// Events as services send them: about 250 bytes each.
enum Event {
    static func json(_ id: Int, client: Int) -> String {
        let journey = id / 10
        return """
            {"specversion":"1.0","id":"c\(client)-\(id)","source":"/bench/crm","type":"sales.touch.made","subject":"lead:\(client)-\(journey)",\
            "account":"account:\(client)-\(journey)","time":"2026-03-\(10 + id % 20)T10:\(10 + id % 50):\(10 + id % 50)Z",\
            "data":{"channel":"call","direction":"outbound","human":true,"region":"north"}}
            """
    }
}

/// A number of clients that each send a batch, wait for its answer, and send the next.
struct Shape {
    let name: String
    let clients: Int
    let batch: Int

    /// What was measured.
    struct Result: CustomStringConvertible {
        let rate: Double
        let latencies: [Double]

        var description: String {
            func quantile(_ share: Double) -> String {
                let index = min(latencies.count - 1, Int(Double(latencies.count) * share))
                return (latencies[max(0, index)] * 1000).tenths
            }
            return "\(rate.whole) events/s; answer p50 \(quantile(0.5)) ms, p99 \(quantile(0.99)) ms, p99.9 \(quantile(0.999)) ms"
        }
    }

    func drive(_ socket: String, seconds: Double) throws -> Result {
        let all = Mutex<[Double]>([])
        let start = now()
        let end = start + seconds
        let workers = (0..<clients).map { client in
            Worker { [batch] in
                var latencies: [Double] = []
                let connection = try Connection(socket)
                var number = 0
                while now() < end {
                    let events = (0..<batch).map { Event.json(number + $0, client: client * 1000 + batch) }
                    number += batch
                    let (type, body) = batch == 1 ? ("", events[0]) : ("-batch", "[\(events.joined(separator: ","))]")
                    let head =
                        "POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/cloudevents\(type)+json\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
                    let sent = now()
                    try connection.send(Array((head + body).utf8))
                    let answer = try connection.answer()
                    guard answer.status == 200 else { throw Failure(description: String(decoding: answer.body, as: UTF8.self)) }
                    latencies.append(now() - sent)
                }
                all.withLock { $0 += latencies }
            }
        }
        for worker in workers { try worker.join() }
        let latencies = all.withLock { $0.sorted() }
        return Result(rate: Double(latencies.count * batch) / (now() - start), latencies: latencies)
    }
}

/// One stream of many events.
enum Stream {
    static func drive(_ socket: String, events: Int) throws -> (acknowledged: Double, seen: Double, lineBytes: Double) {
        var body: [UInt8] = []
        for number in 0..<events {
            body += Event.json(number, client: 999_999).utf8
            body.append(10)
        }
        let connection = try Connection(socket)
        let text = body
        let start = now()
        let sender = Worker {
            let head =
                "POST /v1/events?atomic=false HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nContent-Length: \(text.count)\r\n\r\n"
            try connection.send(Array(head.utf8))
            try connection.send(text)
        }
        let status = try connection.drainChunks()
        let acknowledged = now() - start
        try sender.join()
        guard status == 200 else { throw Failure(description: "the stream was answered \(status)") }
        let asker = try Connection(socket)
        try asker.send(Array("GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
        let position = DaemonProcess.number("position", in: String(decoding: try asker.answer().body, as: UTF8.self))
        // Answered when the view has seen the last event of the stream.
        try asker.send(Array("GET /v1/funnel?after=\(position) HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
        _ = try asker.answer()
        return (acknowledged, now() - start, Double(body.count) / Double(events))
    }
}
