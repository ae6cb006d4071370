internal import JourneyModel

/// Where batches go.
package protocol EventSink: Sendable {
    /// Sends events and waits for what becomes of them.
    func deliver(_ lines: [[UInt8]]) async -> DeliveryOutcome
}

/// The daemon, as where batches go: each is one request of lines, of which the daemon rejects some without refusing the others.
package struct DaemonSink: EventSink {
    let client: JourneyClient
    let timeout: Duration

    package func deliver(_ lines: [[UInt8]]) async -> DeliveryOutcome {
        let body = [UInt8](lines.joined(separator: [UInt8(ascii: "\n")]))
        do {
            let response = try await limited {
                try await client.request(
                    "POST", "/v1/events", query: ["atomic": "false"], headers: ["Content-Type": "application/x-ndjson"], body: body)
            }
            return DaemonSink.outcome(response.body, of: lines.count)
        } catch let problem as ProblemDetails {
            return DaemonSink.outcome(problem)
        } catch {
            return .failed(reason: "\(error)", after: nil)
        }
    }

    /// A daemon that does not answer must not hold up events for ever.
    private func limited(_ request: @escaping @Sendable @concurrent () async throws -> Response) async throws -> Response {
        try await withThrowingTaskGroup(of: Response.self) { group in
            group.addTask(operation: request)
            group.addTask {
                try await Task.sleep(for: timeout)
                throw ClientError.connectionLost(reason: "no answer came within \(timeout)")
            }
            defer { group.cancelAll() }
            guard let response = try await group.next() else { throw CancellationError() }
            return response
        }
    }

    /// What the lines of an answer say about a batch.
    package static func outcome(_ body: [UInt8], of count: Int) -> DeliveryOutcome {
        var (answered, isDone) = (0, false)
        var rejected: [Rejection] = []
        for text in body.split(separator: UInt8(ascii: "\n")) {
            guard let line = try? JSONValue(Array(text).span) else { return .failed(reason: "the daemon's answer is not JSON", after: nil) }
            answered += line["lines"]?.integer ?? 0
            for entry in line["rejected"]?.elements ?? [] {
                guard let number = entry["line"]?.integer, 1...count ~= number else { continue }
                rejected.append(Rejection(place: number - 1, code: entry["code"]?.text ?? "", detail: entry["detail"]?.text ?? ""))
            }
            if let error = line["error"], error != .null { return outcome(ProblemDetails(error, status: 500)) }
            if line["done"] == .bool(true) { isDone = true }
        }
        guard isDone, answered == count else {
            return .failed(reason: "the daemon answered \(answered) of \(count) events", after: nil)
        }
        return .answered(rejected: rejected)
    }

    /// What a refusal means: most pass, such as a full disk, or rights that are not granted yet.
    package static func outcome(_ problem: ProblemDetails) -> DeliveryOutcome {
        switch problem.status {
        case 400, 413, 422: .refused(Rejection(place: 0, code: problem.code, detail: problem.detail ?? problem.title))
        default: .failed(reason: "\(problem)", after: problem.retryAfter.map { .seconds($0) })
        }
    }
}
