internal import EventLog
package import JourneyModel
internal import Views

/// Some events of an answer, already written, and where to go on.
package struct EventPage: Sendable {
    /// The text.
    package internal(set) var bytes: [UInt8] = []
    /// The last position that was looked at.
    package internal(set) var next: Position
    /// How many events it holds.
    package internal(set) var count = 0

    // So that a page of the largest events stays small enough to be made in memory.
    static let maximumBytes = 16 << 20
}

extension ControlInterface {
    /// The events of a query behind `position`, in its form: at most `limit`, and 16 MiB.
    ///
    /// Where a subject or a journey is asked for, the views tell where its events are; the caller waits for them first.
    package func page(_ query: EventQuery, after position: Position, limit: Int) throws(Problem) -> EventPage {
        do throws(LogError) {
            // Behind what the views have seen they cannot tell what belongs to a subject.
            let tail = query.needsViews ? min(log.tail, views.position) : log.tail
            var page = EventPage(next: position)
            if let subject = query.subject ?? query.journey {
                let positions = views.positions(subject: subject, wholeJourney: query.subject == nil) ?? []
                for found in positions where found > position && found <= tail {
                    guard page.count < limit, page.bytes.count < EventPage.maximumBytes else { return page }
                    if let event = try log.event(at: found) { page.add(event, query) }
                }
            } else {
                var failure: LogError?
                try log.read(after: position) { (record, bytes) in
                    guard record.position <= tail, page.count < limit, page.bytes.count < EventPage.maximumBytes else { return false }
                    page.next = record.position
                    guard query.includes(type: log.type(record, bytes)) else { return true }
                    do throws(LogError) { page.add(try log.event(record, bytes), query) } catch { failure = error }
                    return failure == nil
                }
                if let failure { throw failure }
                return page
            }
            // All that there is was looked at.
            page.next = max(tail, position)
            return page
        } catch {
            throw Problem(error)
        }
    }

    /// The answer to a query that does not follow.
    func events(_ query: EventQuery) throws(Problem) -> Reply {
        let page = try page(query, after: query.after, limit: query.limit)
        guard query.form == .page else { return Reply(ndjson: page.bytes) }
        var writer = JSONWriter()
        writer.object { writer in
            writer.key("events")
            writer.array { writer in if !page.bytes.isEmpty { writer.raw(page.bytes.span) } }
            writer.member("next", page.next)
        }
        return Reply(json: writer.bytes)
    }
}

extension EventPage {
    fileprivate mutating func add(_ event: StoredEvent, _ query: EventQuery) {
        guard query.includes(type: event.type) else { return }
        var writer = JSONWriter()
        event.write(to: &writer)
        switch query.form {
        case .page:
            if count > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes.append(contentsOf: writer.bytes)
        case .lines:
            bytes.append(contentsOf: writer.bytes)
            bytes.append(UInt8(ascii: "\n"))
        case .serverSent:
            bytes.append(contentsOf: "id: \(event.position)\ndata: ".utf8)
            bytes.append(contentsOf: writer.bytes)
            bytes.append(contentsOf: "\n\n".utf8)
        }
        count += 1
        next = event.position
    }
}
