package import EventLog
package import JourneyModel
internal import Synchronization

/// Makes the JSON of an event with what a test cares about.
package func eventJSON(
    _ id: String, type: String = "test.thing.happened", subject: String = "lead:1", source: String = "/test", account: String? = nil,
    time: String? = "2026-01-01T00:00:00Z", data: String? = nil
) -> String {
    var text = #"{"specversion":"1.0","id":"\#(id)","source":"\#(source)","type":"\#(type)","subject":"\#(subject)""#
    if let account { text += #","account":"\#(account)""# }
    if let time { text += #","time":"\#(time)""# }
    if let data { text += #","data":\#(data)"# }
    return text + "}"
}

extension EventReader {
    /// A batch of the events that `texts` are.
    package func batch(_ texts: [String], receivedAt: Timestamp = Timestamp(microseconds: 0)) throws -> EventBatch {
        var batch = EventBatch()
        for text in texts {
            let utf8 = Array(text.utf8)
            try read(utf8.span, receivedAt: receivedAt, into: &batch)
        }
        return batch
    }
}

extension EventLog.Options {
    /// A small map: tests run side by side, and all their maps must fit the address space.
    package static var small: Self {
        var options = Self()
        options.mapSize = 1 << 26
        return options
    }
}

extension EventLog {
    /// Appends a batch and waits for the answer.
    package func appendAndWait(
        _ batch: EventBatch, isAtomic: Bool = true, expecting expectation: Expectation? = nil
    ) async throws
        -> Result<AppendOutcome, AppendFailure>
    {
        try await withCheckedThrowingContinuation { continuation in
            do throws(LogError) {
                try append(
                    AppendRequest(batch: batch, to: self, isAtomic: isAtomic, emitter: 0, expectation: expectation) {
                        continuation.resume(returning: $0)
                    })
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }

    /// All stored events.
    package func allEvents() throws -> [StoredEvent] {
        var events: [StoredEvent] = []
        var failure: LogError?
        try read(after: 0) { (record, bytes) in
            do throws(LogError) { events.append(try event(record, bytes)) } catch { failure = error }
            return failure == nil
        }
        if let failure { throw failure }
        return events
    }
}

extension String {
    /// Where a text is found first.
    package func firstRange(of other: String) -> Range<String.Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(other) { return start..<index(start, offsetBy: other.count) }
            formIndex(after: &start)
        }
        return nil
    }
}
