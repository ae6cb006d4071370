import FoundationEssentials
import JourneyClient
import Synchronization
import Testing

/// A sink that does as it is told, and keeps what it got.
private final class ScriptedSink: EventSink {
    private struct State {
        var script: [@Sendable ([[UInt8]]) -> DeliveryOutcome] = []
        var batches: [[String]] = []
    }

    private let state = Mutex(State())

    /// - Parameter script: what becomes of each batch in turn; those behind it are stored.
    init(_ script: [@Sendable ([[UInt8]]) -> DeliveryOutcome] = []) {
        state.withLock { $0.script = script }
    }

    /// The ids of the events of each batch.
    var batches: [[String]] { state.withLock { $0.batches } }

    func deliver(_ lines: [[UInt8]]) async -> DeliveryOutcome {
        let next = state.withLock { state in
            state.batches.append(lines.map { id(of: $0) })
            return state.script.isEmpty ? nil : state.script.removeFirst()
        }
        return next?(lines) ?? .answered(rejected: [])
    }
}

/// A clock that is always at the moment that is waited for.
private final class LeapingTime: Sendable {
    private let now = Mutex(Duration.zero)

    var time: EmitterTime {
        EmitterTime(now: { self.now.withLock { $0 } }, sleep: { moment in self.now.withLock { $0 = max($0, moment) } })
    }

    /// How far it has come.
    var passed: Duration { now.withLock { $0 } }
}

private func event(_ number: Int, data: String? = nil) throws -> OutgoingEvent {
    try OutgoingEvent(
        type: "test.thing.happened", subject: "lead:1", source: "/test", id: String(number), time: "2026-01-01T00:00:00Z",
        data: data.map { Array($0.utf8) })
}

private func id(of json: [UInt8]) -> String {
    let text = String(decoding: json, as: UTF8.self)
    return text.firstRange(of: #""id":""#).map { String(text[$0.upperBound...].prefix { $0 != "\"" }) } ?? ""
}

private final class Directory: Sendable {
    let path = "/tmp/j-\(UUID().uuidString.prefix(8))"

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var options: EmitterOptions {
        var options = EmitterOptions()
        options.spool = SpoolOptions(directory: path)
        return options
    }

    func text(_ name: String) -> String { (try? String(contentsOfFile: path + "/" + name, encoding: .utf8)) ?? "" }
}

/// What services see, with a sink and a clock of the test's: nothing here waits for time to pass.
@Suite struct EmitterTests {
    private let time = LeapingTime()

    private func emitter(_ sink: ScriptedSink, _ options: EmitterOptions = EmitterOptions()) throws -> Emitter {
        try Emitter(sink: sink, options: options, time: time.time, seed: 1)
    }

    /// Emits, closes and runs until all is done with.
    private func run(_ emitter: Emitter, emitting numbers: Range<Int>) async throws {
        for number in numbers { try await emitter.emit(event(number)) }
        await emitter.close()
        await emitter.run()
    }

    @Test func eventsComeInBatchesAndInOrder() async throws {
        var options = EmitterOptions()
        options.batchEvents = 10
        let sink = ScriptedSink()
        try await run(emitter(sink, options), emitting: 0..<35)
        #expect(sink.batches.map(\.count) == [10, 10, 10, 5])
        #expect(sink.batches.joined().elementsEqual((0..<35).map(String.init)))
    }

    @Test func aFailedBatchIsSentAgainAsItWasAndNothingOvertakesIt() async throws {
        var options = EmitterOptions()
        options.batchEvents = 2
        let away: @Sendable ([[UInt8]]) -> DeliveryOutcome = { _ in .failed(reason: "away", after: nil) }
        let sink = ScriptedSink([away, away, { _ in .answered(rejected: []) }, away])
        let emitter = try emitter(sink, options)
        try await run(emitter, emitting: 0..<4)
        #expect(sink.batches == [["0", "1"], ["0", "1"], ["0", "1"], ["2", "3"], ["2", "3"]])
        #expect(time.passed >= .milliseconds(50 + 100 + 50))
        let status = await emitter.status
        #expect(status.stored == 4 && status.waiting == 0 && status.trouble == nil)
    }

    @Test func whatIsRejectedIsSetAsideAndHoldsUpNothing() async throws {
        let directory = Directory()
        var options = directory.options
        let told = Mutex<[RejectedEvent]>([])
        let tell: @Sendable (RejectedEvent) -> Void = { event in told.withLock { $0.append(event) } }
        options.onRejection = tell
        let sink = ScriptedSink([{ _ in .answered(rejected: [Rejection(place: 1, code: "conflicting-duplicate", detail: "another")]) }])
        let emitter = try emitter(sink, options)
        try await run(emitter, emitting: 0..<3)
        let status = await emitter.status
        #expect(status.stored == 2 && status.rejected == 1 && status.waiting == 0)
        #expect(told.withLock { $0 }.map(\.code) == ["conflicting-duplicate"])
        let line = directory.text("rejected.ndjson")
        #expect(line.contains(#""code":"conflicting-duplicate","detail":"another","event":{"specversion":"1.0","id":"1""#), "\(line)")
        #expect(line.split(separator: "\n").count == 1)
    }

    @Test func memoryIsBoundedAndACallerWaitsForRoom() async throws {
        var options = EmitterOptions()
        options.memoryEvents = 3
        options.overflow = .refuse
        let refusing = try emitter(ScriptedSink(), options)
        for number in 0..<3 { try await refusing.emit(event(number)) }
        await #expect(throws: EmitterError.full) { try await refusing.emit(event(3)) }
        options.overflow = .wait
        let sink = ScriptedSink()
        let waiting = try emitter(sink, options)
        async let running: Void = waiting.run()
        // More than there is room for: each waits until those before it are gone.
        for number in 0..<50 { try await waiting.emit(event(number)) }
        await waiting.close()
        await running
        #expect(sink.batches.joined().elementsEqual((0..<50).map(String.init)))
        #expect(sink.batches.allSatisfy { $0.count <= 3 })
    }

    @Test func aCallerThatWaitsForRoomCanBeCancelled() async throws {
        var options = EmitterOptions()
        options.memoryEvents = 1
        let emitter = try emitter(ScriptedSink(), options)
        try await emitter.emit(event(0))
        let task = Task { try await emitter.emit(event(1)) }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test func flushWaitsUntilAllIsStored() async throws {
        let emitter = try emitter(ScriptedSink([{ _ in .failed(reason: "away", after: nil) }]))
        async let running: Void = emitter.run()
        for number in 0..<10 { try await emitter.emit(event(number)) }
        try await emitter.flush()
        #expect(await emitter.status.stored == 10)
        await emitter.close()
        await running
        await #expect(throws: EmitterError.closed) { try await emitter.emit(event(10)) }
    }

    @Test func aSpoolOutlivesItsEmitterAndGoesOnWhereItWas() async throws {
        let directory = Directory()
        var options = directory.options
        options.batchEvents = 4
        options.spool?.segmentBytes = 600
        do {
            let first = try emitter(ScriptedSink(), options)
            for number in 0..<20 { try await first.emit(event(number)) }
        }
        let sink = ScriptedSink()
        let second = try emitter(sink, options)
        #expect(await second.status.waiting == 20)
        try await run(second, emitting: 20..<25)
        #expect(sink.batches.joined().elementsEqual((0..<25).map(String.init)))
    }

    @Test func aSpoolIsOfOneEmitter() throws {
        let directory = Directory()
        let first = try emitter(ScriptedSink(), directory.options)
        #expect(throws: EmitterError.spoolInUse(directory: directory.path)) { try emitter(ScriptedSink(), directory.options) }
        withExtendedLifetime(first) {}
    }

    @Test func whatIsNoEventIsNotTaken() {
        for data in ["{", "[]", "7", "{} {}", #"{"a":01}"#] {
            #expect(throws: EmitterError.self, "\(data)") { try event(1, data: data) }
        }
        #expect(throws: EmitterError.self) { try OutgoingEvent(json: Array(#"{"id":"1"}"#.utf8)) }
    }

    @Test func anEventIsOneLine() throws {
        let event = try event(1, data: "{\n\"a\":\r\n \"\\n\"}")
        #expect(!event.json.contains(10) && !event.json.contains(13))
        #expect(String(decoding: event.json, as: UTF8.self).hasSuffix(#""data":{ "a":   "\n"}}"#))
    }
}
