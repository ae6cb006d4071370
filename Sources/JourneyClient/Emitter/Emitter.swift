/// Takes events from a service and brings them to journeyd: in batches, in order, each until the daemon has it.
///
/// Events are taken without waiting for the daemon, and wait while it is away: in memory, or in a spool on disk, which outlives the
/// process. What is sent again has the ids it had, so that nothing is stored twice. An event that the daemon will never take is set aside
/// and holds up nothing.
///
///     let emitter = try Emitter(client: JourneyClient(socketPath: "/run/journeyd/journeyd.sock"))
///     let running = Task { await emitter.run() }
///     try await emitter.emit(OutgoingEvent(type: "sales.opportunity.won", subject: "opportunity:77", source: "/crm"))
///     await emitter.close()
///     await running.value
public actor Emitter {
    private let options: EmitterOptions
    private let sink: any EventSink
    private let time: EmitterTime
    private nonisolated let executor = QueueExecutor()
    private var queue: any EventQueue
    private var rejectedFile: RejectedFile?
    private var machine: DeliveryMachine
    private var counts = EmitterStatus()
    /// Events that were taken, and of those the ones that are done with, since the emitter began.
    private var (taken, settled) = (0, 0)
    /// How many events are to be done with before lingering is allowed again.
    private var flushGoal = 0
    private var phase = Phase.new
    private var waiting: [Int: (reason: Reason, continuation: CheckedContinuation<Void, any Error>)] = [:]
    private var lastWaiter = 0

    private enum Phase { case new, running, ended }

    /// What a task waits for.
    private enum Reason { case work, room, settlement }

    /// The queue that this actor runs on.
    nonisolated public var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    /// An emitter. It sends nothing before ``run()`` is called, and opens its spool now.
    ///
    /// - Throws: ``EmitterError/spoolInUse(directory:)``; ``EmitterError/spool(path:reason:)``.
    public init(client: JourneyClient, options: EmitterOptions = EmitterOptions()) throws(EmitterError) {
        let sink = DaemonSink(client: client, timeout: options.answerTimeout)
        try self.init(sink: sink, options: options, time: .continuous, seed: .random(in: 0 ... .max))
    }

    package init(sink: any EventSink, options: EmitterOptions, time: EmitterTime, seed: UInt64) throws(EmitterError) {
        (self.sink, self.options, self.time) = (sink, options, time)
        if let spool = options.spool {
            queue = try Spool(spool)
            rejectedFile = try RejectedFile(spool)
        } else {
            queue = MemoryQueue(options)
        }
        machine = DeliveryMachine(options, seed: seed)
        taken = queue.load.events
    }

    // MARK: For services

    /// Takes events, all or none, in their order. Returns when they wait in memory, or stand in the spool.
    ///
    /// - Throws: ``EmitterError/closed``; ``EmitterError/full`` where the options say so, else it waits for room;
    ///   ``EmitterError/spool(path:reason:)``; `CancellationError` where the task is cancelled while it waits.
    public func emit(_ events: OutgoingEvent...) async throws {
        try await emit(events)
    }

    /// Takes an array of events, as ``emit(_:)-(OutgoingEvent...)`` does.
    public func emit(_ events: [OutgoingEvent]) async throws {
        let bytes = events.reduce(0) { $0 + $1.json.count }
        while true {
            guard !machine.isClosing else { throw EmitterError.closed }
            if queue.hasRoom(events: events.count, bytes: bytes) { break }
            guard options.overflow == .wait else { throw EmitterError.full }
            try await wait(for: .room)
        }
        guard !events.isEmpty else { return }
        let wasEmpty = queue.load.events == 0
        try queue.append(events.map(\.json))
        taken += events.count
        machine.arrived(at: time.now())
        // Between the two nothing changes for the loop that sends.
        if wasEmpty || machine.isDue(queue.load, at: time.now()) { resume(.work) }
    }

    /// Waits until all that was taken so far is stored or set aside; it is sent at once.
    ///
    /// - Throws: ``EmitterError/closed`` where ``run()`` ends before; `CancellationError`.
    public func flush() async throws {
        let goal = taken
        flushGoal = goal
        machine.isFlushing = settled < goal
        resume(.work)
        while settled < goal {
            guard phase != .ended else { throw EmitterError.closed }
            try await wait(for: .settlement)
        }
    }

    /// Takes no more events. ``run()`` ends when the last one is done with.
    public func close() {
        machine.isClosing = true
        resume(.work)
        resume(.room)
    }

    /// How it does.
    public var status: EmitterStatus {
        var status = counts
        (status.waiting, status.waitingBytes, status.failures) = (queue.load.events, queue.load.bytes, machine.failures)
        return status
    }

    /// Sends events until the emitter is closed and all are done with, or the task is cancelled: then those that are left stay in the
    /// spool, or are gone where there is none. To be called once.
    public func run() async {
        precondition(phase == .new, "an emitter runs once")
        phase = .running
        defer {
            phase = .ended
            machine.isClosing = true
            resume(.room)
            resume(.settlement)
        }
        while !Task.isCancelled {
            switch machine.next(queue.load, at: time.now()) {
            case .send(let limit): await send(limit)
            case .wait(let moment): await pause(until: moment)
            case .waitForEvents: await pause(until: nil)
            case .finished: return
            }
        }
    }

    // MARK: Sending

    private func send(_ limit: DeliveryMachine.Load) async {
        do {
            let batch = try queue.first(limit)
            let outcome: DeliveryOutcome = batch.lines.isEmpty ? .answered(rejected: []) : await sink.deliver(batch.lines)
            note(outcome)
            guard case .remove(let rejected) = machine.settle(outcome, events: batch.lines.count, at: time.now()) else { return }
            try setAside(batch, rejected)
            try queue.remove(batch)
            counts.stored += batch.lines.count - rejected.count
            settled += batch.lines.count + batch.damaged.count
            machine.isFlushing = settled < flushGoal
            resume(.room)
            resume(.settlement)
        } catch {
            // The spool's disk: what was sent will be sent again.
            counts.trouble = "\(error)"
            machine.fail(at: time.now())
        }
    }

    private func note(_ outcome: DeliveryOutcome) {
        counts.trouble = if case .failed(let reason, _) = outcome { reason } else { nil }
    }

    private func setAside(_ batch: QueuedBatch, _ rejected: [Rejection]) throws(EmitterError) {
        var events = rejected.map { RejectedEvent(json: batch.lines[$0.place], code: $0.code, detail: $0.detail) }
        events += batch.damaged.map { RejectedEvent(json: $0, code: "damaged", detail: "its checksum in the spool is wrong") }
        guard !events.isEmpty else { return }
        try rejectedFile?.append(events)
        counts.rejected += events.count
        for event in events { options.onRejection?(event) }
    }

    // MARK: Waiting

    /// Waits for work, until a moment if there is one.
    private func pause(until moment: Duration?) async {
        let alarm = moment.map { moment in
            Task { [time] in
                await time.sleep(moment)
                resume(.work)
            }
        }
        defer { alarm?.cancel() }
        // Cancelled, the loop that calls this ends.
        try? await wait(for: .work)
    }

    private func wait(for reason: Reason) async throws {
        lastWaiter += 1
        let number = lastWaiter
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                if Task.isCancelled {
                    continuation.resume(throwing: CancellationError())
                } else {
                    waiting[number] = (reason, continuation)
                }
            }
        } onCancel: {
            Task { await self.cancel(number) }
        }
    }

    private func resume(_ reason: Reason) {
        for (number, waiter) in waiting where waiter.reason == reason {
            waiting[number] = nil
            waiter.continuation.resume()
        }
    }

    private func cancel(_ number: Int) {
        waiting.removeValue(forKey: number)?.continuation.resume(throwing: CancellationError())
    }
}

extension Emitter {
    /// Runs `body` with an emitter that runs, and returns when all that it was given is done with.
    ///
    /// Cancelled, it ends without that: what is left stays in the spool.
    public static func with<Value: Sendable>(
        client: JourneyClient, options: EmitterOptions = EmitterOptions(), _ body: (Emitter) async throws -> Value
    ) async throws -> Value {
        let emitter = try Emitter(client: client, options: options)
        async let running: Void = emitter.run()
        let result: Result<Value, any Error>
        do { result = .success(try await body(emitter)) } catch { result = .failure(error) }
        await emitter.close()
        await running
        return try result.get()
    }
}
