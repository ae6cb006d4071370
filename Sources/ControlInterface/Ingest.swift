package import EventLog
package import JourneyModel
internal import Views

/// What a body of events is written in.
package enum EventFormat: Sendable {
    case single, array, lines

    /// - Throws: `unsupported-media-type`, naming the types that are taken.
    package init(contentType: String?) throws(Problem) {
        if contentType == "application/cloudevents+json" {
            self = .single
            return
        }
        let type = contentType?.split(separator: ";").first.map { $0.split(separator: " ").joined().lowercased() }
        switch type {
        case "application/cloudevents+json": self = .single
        case "application/cloudevents-batch+json": self = .array
        case "application/x-ndjson": self = .lines
        default:
            throw Problem(
                .unsupportedMediaType,
                "events are taken as application/cloudevents+json, application/cloudevents-batch+json or application/x-ndjson, "
                    + "not as \(contentType ?? "a body without Content-Type")")
        }
    }
}

extension ControlInterface {
    /// Largest body of one event or of an array, in bytes.
    package func maximumBody(_ format: EventFormat) -> Int {
        format == .single ? limits.event.event : limits.arrayBytes
    }

    /// Reads the body of one event or an array.
    ///
    /// - Parameter limit: which types its sender may emit.
    /// - Throws: what is wrong with it; nothing is stored then.
    package func batch(_ body: Span<UInt8>, _ format: EventFormat, _ limit: EmissionLimit) throws(Problem) -> EventBatch {
        var batch = EventBatch()
        do throws(EventFault) {
            if format == .single {
                try reader.read(body, receivedAt: .now, into: &batch)
            } else {
                try reader.readArray(body, maximum: limits.arrayEvents, receivedAt: .now, into: &batch)
            }
        } catch {
            intake.reject(batch.refusedSource, error.code)
            throw Problem(error)
        }
        for (index, draft) in batch.drafts.enumerated() {
            guard let refusal = limit.refusal(draft, batch) else { continue }
            intake.reject(Array(batch.bytes[draft.source.range]), Problem.Code.forbidden.rawValue)
            let pointer = format == .single ? "/type" : "/\(index)/type"
            throw Problem(
                .forbidden, refusal + "; nothing was stored", errors: [Violation(pointer: pointer, detail: refusal, code: "forbidden")])
        }
        return batch
    }

    /// What `?expect=` asks of the log: the batch's events must all be of one subject.
    package func expectation(_ position: Position?, of batch: EventBatch) throws(Problem) -> Expectation? {
        guard let position, let first = batch.drafts.first else { return nil }
        let subject = Array(batch.bytes[first.subject.range])
        guard batch.drafts.allSatisfy({ batch.bytes[$0.subject.range].elementsEqual(subject) }) else {
            throw RequestTarget.invalid("expect", "takes events of one subject only")
        }
        // Asked in this order, what the views learn in between does no harm: the log compares all behind `through` itself.
        let through = views.position
        let known = views.positions(subject: String(decoding: subject, as: UTF8.self), wholeJourney: false)?.last ?? 0
        return Expectation(subject: subject, position: position, known: known, through: through)
    }

    /// The answer to the events of `batch`, which were one event or an array.
    package func reply(_ result: Result<AppendOutcome, AppendFailure>, _ batch: EventBatch, _ format: EventFormat) -> Reply {
        switch result {
        case .success(let outcome):
            intake.add(batch, outcome)
            return Reply(json: outcome.json)
        case .failure(.conflict(let conflict)):
            let source = Array(batch.bytes[batch.drafts[conflict.index].source.range])
            intake.reject(source, Problem.Code.conflictingDuplicate.rawValue)
            guard format == .single else { return Reply(Problem(.conflict(conflict))) }
            return Reply(Problem(.conflictingDuplicate, Problem.conflictDetail(conflict)))
        case .failure(let failure):
            return Reply(Problem(failure))
        }
    }
}

extension AppendOutcome {
    /// As an object of its own, put together from its parts: every append is answered with one, and a writer of any JSON took 1 µs for it.
    fileprivate var json: [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(96)
        func add(_ name: String, _ value: Int?) {
            text += name.utf8
            if let value { text += String(value).utf8 } else { text += "null".utf8 }
        }
        add(#"{"first":"#, first.map { Int($0) })
        add(#","last":"#, last.map { Int($0) })
        add(#","appended":"#, appended)
        add(#","duplicates":"#, duplicates)
        text.append(UInt8(ascii: "}"))
        return text
    }

    func write(to writer: inout JSONWriter) {
        writer.member("first", first)
        writer.member("last", last)
        writer.member("appended", appended)
        writer.member("duplicates", duplicates)
    }
}
