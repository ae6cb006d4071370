import Glibc

/// A number of clients that each send a batch, wait for its answer, and send the next.
struct Shape {
    let name: String
    let clients: Int
    let batch: Int

    static let all = [
        Shape(name: "1 client x 1 event", clients: 1, batch: 1), Shape(name: "50 clients x 1 event", clients: 50, batch: 1),
        Shape(name: "8 clients x 100 events", clients: 8, batch: 100),
    ]

    // Behind those of the stream; so many for each run.
    private static let firstJourney = 1_500_000, mostJourneys = 500_000

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

    private struct Client {
        let connection: Connection
        var request: EventBuffer
        var number = 0
        var sent = 0.0

        mutating func send() throws {
            request.number(from: number)
            number += request.count
            sent = now()
            try connection.send(request.bytes)
        }
    }

    /// All clients on one thread, as redis-benchmark has it: clients that wait for each other's processor would be measured instead.
    ///
    /// - Parameter run: tells the ids of one run from those of another.
    func drive(_ socket: String, seconds: Double, run: Int) throws -> Result {
        let poll = Poll()
        var latencies: [Double] = []
        var all: [Client] = []
        for index in 0..<clients {
            let connection = try Connection(socket)
            try poll.add(connection.descriptor, as: index)
            let template = EventTemplate(
                client: run * 1_000 + index,
                firstJourney: Shape.firstJourney + run * Shape.mostJourneys + index * (Shape.mostJourneys / clients))
            all.append(Client(connection: connection, request: EventBuffer(request: template, count: batch)))
        }
        let start = now()
        let end = start + seconds
        for index in all.indices { try all[index].send() }
        var waiting = all.count
        while waiting > 0 {
            try poll.wait { index in
                try all[index].connection.receive()
                guard let answer = all[index].connection.answerAtHand() else { return }
                guard answer.status == 200 else { throw Failure(description: String(decoding: answer.body, as: UTF8.self)) }
                let time = now()
                latencies.append(time - all[index].sent)
                if time < end { try all[index].send() } else { waiting -= 1 }
            }
        }
        return Result(rate: Double(latencies.count * batch) / (now() - start), latencies: latencies.sorted())
    }
}
