import Glibc

/// One NDJSON stream of many events.
enum Stream {
    private static let linesOfPiece = 5_000

    /// Sends the events numbered from `first` on as lines, none a duplicate.
    ///
    /// - Returns: seconds until all were acknowledged, and until the views had seen them.
    static func drive(_ socket: String, first: Int, events: Int) throws -> (acknowledged: Double, seen: Double) {
        let connection = try Connection(socket)
        let start = now()
        let sender = Worker {
            let template = EventTemplate(client: 0)
            let length = events * (template.bytes.count + 1)
            let head =
                "POST /v1/events?atomic=false HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nContent-Length: \(length)\r\n\r\n"
            try connection.send(Array(head.utf8))
            var lines = EventBuffer(lines: template, count: min(events, linesOfPiece))
            for piece in stride(from: 0, to: events, by: linesOfPiece) {
                let count = min(events - piece, linesOfPiece)
                if count < lines.count { lines = EventBuffer(lines: template, count: count) }
                lines.number(from: first + piece)
                try connection.send(lines.bytes)
            }
        }
        let status = try connection.drainChunks()
        let acknowledged = now() - start
        try sender.join()
        guard status == 200 else { throw Failure(description: "the stream was answered \(status)") }
        let asker = try Connection(socket)
        let position = try DaemonProcess.status(asker).position
        // Answered when the views have seen the last event of the stream, however often that takes longer than it is waited for.
        var answer = 0
        repeat {
            try asker.send(Array("GET /v1/journeys/lead:0000000?after=\(position) HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
            answer = try asker.answer().status
        } while answer == 503
        guard answer == 200 else { throw Failure(description: "the views answered \(answer)") }
        return (acknowledged, now() - start)
    }
}
