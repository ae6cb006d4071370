internal import ControlInterface
internal import EventLog
internal import JourneyModel
internal import NIOCore
internal import Synchronization

/// Between the connections of one event loop and the log's writer.
///
/// What the connections read in one turn of the loop goes to the writer together, and what a commit has settled comes back together: a
/// crowd costs two hops, not two a request, and a lone client waits for nobody.
final class AppendDesk: Sendable {
    typealias Result = Swift.Result<AppendOutcome, AppendFailure>

    private let log: EventLog
    private let eventLoop: any EventLoop
    private let outgoing: NIOLoopBoundBox<[AppendRequest]>
    private let incoming = Mutex<[Answer]>([])

    /// What a commit has settled, and who waits for it.
    private struct Answer: Sendable {
        let request: AppendRequest
        let result: Result
        let format: EventFormat
        let connection: NIOLoopBound<ConnectionHandler>
    }

    init(_ log: EventLog, _ eventLoop: any EventLoop) {
        (self.log, self.eventLoop) = (log, eventLoop)
        outgoing = .makeBoxSendingValue([], eventLoop: eventLoop)
    }

    /// Appends a batch that is all or none, and answers on its connection when it is on the disk, or why it is not. On the loop.
    func append(
        _ batch: consuming EventBatch, _ format: EventFormat, emitter: UInt32, expectation: Expectation?,
        for connection: NIOLoopBound<ConnectionHandler>
    ) {
        let request = AppendRequest(batch: batch, to: log, isAtomic: true, emitter: emitter, expectation: expectation) {
            [self] (request: AppendRequest, result) in
            bring(Answer(request: request, result: result, format: format, connection: connection))
        }
        outgoing.value.append(request)
        guard outgoing.value.count == 1 else { return }
        // Runs when the loop has read all that is there to be read.
        eventLoop.execute { [self] in submit() }
    }

    private func submit() {
        let requests = outgoing.value
        outgoing.value.removeAll(keepingCapacity: true)
        let (taken, refusal) = log.append(requests)
        guard let refusal else { return }
        for request in requests[taken...] { request.complete(.failure(.log(refusal))) }
    }

    private func bring(_ answer: Answer) {
        let isFirst = incoming.withLock { incoming in
            incoming.append(answer)
            return incoming.count == 1
        }
        if isFirst { eventLoop.execute { [self] in giveOut() } }
    }

    private func giveOut() {
        let answers = incoming.withLock { incoming in
            let answers = incoming
            incoming = []
            return answers
        }
        for answer in answers { answer.connection.value.settled(answer.request.batch, answer.result, answer.format) }
    }
}
