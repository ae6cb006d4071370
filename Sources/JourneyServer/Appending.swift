internal import ControlInterface
internal import EventLog
internal import JourneyModel
internal import NIOCore

extension ConnectionHandler {
    private static let retryPause = TimeAmount.milliseconds(5)

    /// Appends the events of a body that arrived as a whole, and answers after the flush.
    ///
    /// - Parameter emission: which types may be emitted here, now.
    func append(_ body: ByteBuffer, _ format: EventFormat, _ expect: Position?, _ emission: EmissionLimit) {
        do throws(Problem) {
            let batch = try shared.interface.batch(body.readableBytesUInt8Span, format, emission)
            let expectation = try shared.interface.expectation(expect, of: batch)
            desk.append(batch, format, emitter: peer.user, expectation: expectation, for: bound)
        } catch {
            send(Reply(error))
        }
    }

    /// Answers a body that was appended, or not.
    func settled(_ batch: EventBatch, _ result: Result<AppendOutcome, AppendFailure>, _ format: EventFormat) {
        send(shared.interface.reply(result, batch, format))
    }

    /// Moves a stream of lines on: takes what has arrived, and sends on what makes a portion.
    ///
    /// - Parameter isInputPaused: whether no more is at hand now, so that a portion need not be full.
    func pump(isInputPaused: Bool = false) {
        guard let exchange, case .lines(var stream) = exchange.body else { return }
        exchange.body = .discarding
        defer {
            if !exchange.isReplyEnded { exchange.body = .lines(stream) }
            resumeReading()
            finishLines()
        }
        while true {
            if let refused = stream.refused {
                stream.refused = nil
                guard submit(refused, &stream) else { return }
            }
            stream.consume()
            let isPaused = isInputPaused || stream.ingest.isInputEnded
            guard stream.ingest.isPortionFull || (isPaused && stream.buffers.isEmpty), let portion = stream.ingest.nextPortion() else {
                return
            }
            guard submit(portion, &stream) else { return }
        }
    }

    /// - Returns: false where the log had no room: it is tried again.
    private func submit(_ portion: LineIngest.Portion, _ stream: inout LineStream) -> Bool {
        let bound = bound
        let request = AppendRequest(batch: portion.batch, to: shared.interface.log, isAtomic: false, emitter: peer.user) { result in
            bound.eventLoop.execute { bound.value.stored(portion, result) }
        }
        do throws(LogError) {
            try shared.interface.log.append(request)
            return true
        } catch {
            guard error == .overloaded else {
                stop(Problem(error))
                return false
            }
            stream.refused = portion
            channel.eventLoop.scheduleTask(in: ConnectionHandler.retryPause) { bound.value.pump(isInputPaused: true) }
            return false
        }
    }

    private func stored(_ portion: LineIngest.Portion, _ result: Result<AppendOutcome, AppendFailure>) {
        guard let exchange, case .lines(var stream) = exchange.body else { return }
        switch result {
        case .success(let outcome):
            exchange.body = .discarding
            let line = stream.ingest.stored(portion, outcome)
            exchange.body = .lines(stream)
            startReply(contentType: "application/x-ndjson")
            send(line)
            if stream.ingest.isDone { endLines(stream) } else { pump(isInputPaused: stream.buffers.isEmpty) }
        case .failure(let failure): stop(Problem(failure))
        }
    }

    /// Ends the answer to a stream that cannot go on; the rest of the stream is passed over.
    private func stop(_ problem: Problem) {
        guard let exchange, !exchange.isReplyEnded else { return }
        exchange.body = .discarding
        guard exchange.isReplyStarted else { return send(Reply(problem)) }
        send(LineIngest.failed(problem, request: requestID))
        endReply()
    }

    /// Answers a stream whose end came when everything before it was answered already.
    private func finishLines() {
        guard case .lines(let stream) = exchange?.body, stream.ingest.isDone, exchange?.isReplyEnded == false else { return }
        startReply(contentType: "application/x-ndjson")
        send(LineIngest.done)
        endLines(stream)
    }

    private func endLines(_ stream: LineStream) {
        if stream.ingest.forbidden > 0 { logRefusal(lines: stream.ingest.forbidden) }
        endReply()
    }
}

extension LineStream {
    /// Feeds the machine from the buffers until a portion is full or they are empty.
    fileprivate mutating func consume() {
        while !ingest.isPortionFull, let buffer = buffers.first {
            let taken = ingest.take(buffer.readableBytesUInt8Span, from: 0)
            if taken == buffer.readableBytes {
                buffers.removeFirst()
            } else {
                buffers[buffers.startIndex].moveReaderIndex(forwardBy: taken)
            }
        }
        if buffers.isEmpty, ingest.isInputEnded, !ingest.isEnded, !ingest.isPortionFull { ingest.end() }
    }
}
