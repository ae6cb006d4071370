import Glibc
import Synchronization

/// A number of clients that each send a batch, wait for its answer, and send the next.
struct Shape {
    let name: String
    let clients: Int
    let batch: Int

    static let all = [
        Shape(name: "1 client x 1 event", clients: 1, batch: 1), Shape(name: "50 clients x 1 event", clients: 50, batch: 1),
        Shape(name: "8 clients x 100 events", clients: 8, batch: 100),
    ]

    /// What was measured.
    struct Result {
        let rate: Double
        let latencies: [Double]

        /// Milliseconds.
        func quantile(_ share: Double) -> Double {
            let index = min(latencies.count - 1, Int(Double(latencies.count) * share))
            return latencies[max(0, index)] * 1000
        }
    }

    /// - Parameter run: tells the ids of one run from those of another.
    func drive(_ socket: String, seconds: Double, run: Int) throws -> Result {
        let all = Mutex<[Double]>([])
        let start = now()
        let end = start + seconds
        let workers = (0..<clients).map { client in
            Worker { [batch] in
                var latencies: [Double] = []
                let connection = try Connection(socket)
                var template = EventTemplate(client: run * 1_000 + client)
                var number = 0
                while now() < end {
                    let request = template.request(number, count: batch)
                    number += batch
                    let sent = now()
                    try connection.send(request)
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
