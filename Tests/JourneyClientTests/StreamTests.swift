import JourneyClient
import NIOCore
import NIOHTTP1
import Synchronization
import Testing

@Suite("Streams", .timeLimit(.minutes(10)))
struct StreamTests {
    @Test("report lines can be read while the upload goes on")
    func duplex() async throws {
        try await TestServer.run { peer in
            let head = try await peer.requestHead()
            try await peer.beginAnswer()
            try await peer.send("\(head?.method ?? .GET) \(head?.uri ?? "") \(head?.headers["Content-Type"].joined() ?? "")\n")
            while let chunk = try await peer.requestChunk() { try await peer.send("got \(String(buffer: chunk))\n") }
            try await peer.send("done\n")
            try await peer.endAnswer()
        } test: { server in
            let (chunks, upload) = AsyncStream.makeStream(of: [UInt8].self)
            let lines = try await JourneyClient(socketPath: server.path).appendStream(chunks)
            var iterator = lines.makeAsyncIterator()
            #expect(try await iterator.next() == "POST /v1/events?atomic=false application/x-ndjson")
            // Each line answers a chunk that is sent only after the line before it was read.
            upload.yield(Array("first".utf8))
            #expect(try await iterator.next() == "got first")
            upload.yield([])
            upload.yield(Array("second".utf8))
            #expect(try await iterator.next() == "got second")
            upload.finish()
            #expect(try await iterator.next() == "done")
            #expect(try await iterator.next() == nil)
        }
    }

    @Test("a refusal that comes before the end of the upload is reported as such, not as a broken pipe", arguments: 0..<10)
    func earlyRefusal(_: Int) async throws {
        try await TestServer.run { peer in
            _ = try await peer.requestHead()
            try await peer.answer(.payloadTooLarge, ["Connection": "close"], #"{"code":"too-large","title":"Too large"}"#)
        } test: { server in
            let problem = await #expect(throws: ProblemDetails.self) {
                try await JourneyClient(socketPath: server.path).appendStream(Endless())
            }
            #expect(problem?.code == "too-large")
        }
    }

    @Test("an answer that ends early ends the upload")
    func earlyEnd() async throws {
        try await TestServer.run { peer in
            _ = try await peer.requestHead()
            try await peer.beginAnswer()
            try await peer.send("{\"done\":true,\"error\":{}}\n")
            try await peer.endAnswer()
        } test: { server in
            let lines = try await JourneyClient(socketPath: server.path).appendStream(Endless())
            #expect(try await lines.reduce(into: 0) { count, _ in count += 1 } == 1)
        }
    }

    @Test("what the source of an upload throws reaches the reader of the lines")
    func failingSource() async throws {
        try await TestServer.run { peer in
            _ = try await peer.requestHead()
            try await peer.beginAnswer()
            while try await peer.requestChunk() != nil {}
        } test: { server in
            let chunks = AsyncThrowingStream<[UInt8], any Error> { $0.finish(throwing: Unreadable()) }
            await #expect(throws: Unreadable.self) {
                let lines = try await JourneyClient(socketPath: server.path).appendStream(chunks)
                for try await _ in lines {}
            }
        }
    }

    @Test("lines are cut where they end, however the pieces fall; empty ones are left out")
    func lines() async throws {
        try await TestServer.run { peer in
            _ = try await peer.request()
            try await peer.beginAnswer()
            for piece in ["one\ntw", "o", "\n\n\nthree", "\n", "rest"] { try await peer.send(piece) }
            try await peer.endAnswer()
        } test: { server in
            let lines = try await JourneyClient(socketPath: server.path).lines("/v1/events", query: ["follow": "true"])
            let texts = try await lines.reduce(into: []) { $0.append(String(decoding: $1, as: UTF8.self)) }
            #expect(texts == ["one", "two", "three", "rest"])
        }
    }

    @Test("a line beyond the limit is refused")
    func longLine() async throws {
        try await TestServer.run { peer in
            _ = try await peer.request()
            try await peer.beginAnswer()
            while true { try await peer.send(String(repeating: "x", count: 1 << 16)) }
        } test: { server in
            await #expect(throws: ClientError.lineTooLong(limit: JourneyClient.longestLine)) {
                for try await _ in try await JourneyClient(socketPath: server.path).lines("/v1/events") {}
            }
        }
    }

    @Test("a stream the daemon breaks off gives its lines, then an error")
    func brokenOff() async throws {
        try await TestServer.run { peer in
            _ = try await peer.request()
            try await peer.beginAnswer()
            try await peer.send("one\n")
        } test: { server in
            var iterator = try await JourneyClient(socketPath: server.path).lines("/v1/events").makeAsyncIterator()
            #expect(try await iterator.next() == "one")
            await #expect(throws: ClientError.self) { try await iterator.next() }
        }
    }

    @Test("cancelling the reader closes the connection")
    func cancellation() async throws {
        let (closed, close) = AsyncStream.makeStream(of: Void.self)
        try await TestServer.run { peer in
            _ = try await peer.request()
            try await peer.beginAnswer()
            try await peer.send("one\n")
            _ = try? await peer.requestHead()
            close.finish()
        } test: { server in
            let (started, start) = AsyncStream.makeStream(of: Void.self)
            let reader = Task {
                for try await _ in try await JourneyClient(socketPath: server.path).lines("/v1/events") { start.finish() }
            }
            for await _ in started {}
            reader.cancel()
            await #expect(throws: CancellationError.self) { try await reader.value }
            for await _ in closed {}
        }
    }

    @Test("an upload runs no further ahead of the daemon than the buffers between them")
    func uploadBackPressure() async throws {
        let inFlight = InFlight()
        try await TestServer.run { peer in
            _ = try await peer.requestHead()
            while let chunk = try await peer.requestChunk() { inFlight.took(chunk.readableBytes) }
            try await peer.answer()
        } test: { server in
            let chunks = Counted(left: 1024, inFlight: inFlight)
            for try await _ in try await JourneyClient(socketPath: server.path).appendStream(chunks) {}
            #expect(inFlight.most < 4 << 20)
        }
    }

    @Test("the daemon runs no further ahead of the reader than the buffers between them")
    func downloadBackPressure() async throws {
        let inFlight = InFlight()
        try await TestServer.run { peer in
            _ = try await peer.request()
            try await peer.beginAnswer()
            let line = String(repeating: "x", count: (1 << 16) - 1) + "\n"
            for _ in 0..<1024 {
                inFlight.gave(line.utf8.count)
                try await peer.send(line)
            }
            try await peer.endAnswer()
        } test: { server in
            for try await line in try await JourneyClient(socketPath: server.path).lines("/v1/events") { inFlight.took(line.count + 1) }
            #expect(inFlight.most < 4 << 20)
        }
    }
}

private struct Unreadable: Error {}

/// Chunks without end.
private struct Endless: AsyncSequence, AsyncIteratorProtocol {
    func makeAsyncIterator() -> Endless { self }

    func next() async throws -> [UInt8]? {
        try Task.checkCancellation()
        return [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 16)
    }
}

/// Counts the bytes between two ends.
private final class InFlight: Sendable {
    private let state = Mutex((now: 0, most: 0))

    /// The most there were at any moment.
    var most: Int { state.withLock { $0.most } }

    func gave(_ count: Int) {
        state.withLock {
            $0.now += count
            $0.most = max($0.most, $0.now)
        }
    }

    func took(_ count: Int) {
        state.withLock { $0.now -= count }
    }
}

/// So many chunks of 64 KiB, each counted as it is asked for.
private struct Counted: AsyncSequence, AsyncIteratorProtocol {
    var left: Int
    let inFlight: InFlight

    func makeAsyncIterator() -> Counted { self }

    mutating func next() async -> [UInt8]? {
        guard left > 0 else { return nil }
        left -= 1
        inFlight.gave(1 << 16)
        return [UInt8](repeating: 0, count: 1 << 16)
    }
}

/// Whether a line is this text.
private func == (line: [UInt8]?, text: String) -> Bool {
    line == Array(text.utf8)
}
