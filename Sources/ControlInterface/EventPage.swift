internal import EventLog
package import JourneyModel
internal import Views

/// Some events of an answer, already written, and where to go on.
package struct EventPage: Sendable {
    /// How large a page may be.
    package struct Limits: Sendable {
        /// Events that it may hold.
        package var events: Int
        /// Bytes after which it ends: one event more than this at most.
        package var bytes = 16 << 20
        /// Events that may be looked at for it.
        package var scanned = Int.max

        package init(events: Int) {
            self.events = events
        }
    }

    /// The text.
    package internal(set) var bytes: [UInt8] = []
    /// The last position that was looked at.
    package internal(set) var next: Position
    /// How many events it holds.
    package internal(set) var count = 0
    /// The position of the last event that it holds; nil in an empty page.
    package internal(set) var last: Position?
}

extension ControlInterface {
    /// The events of a query behind `position`, in its form.
    ///
    /// Where a subject or a journey is asked for, the views tell where its events are; the caller waits for them first.
    package func page(_ query: EventQuery, after position: Position, limits: EventPage.Limits) throws(Problem) -> EventPage {
        let filter = query.filter
        // Behind what the views have seen they cannot tell what belongs to a subject.
        let tail = filter.needsViews ? min(log.tail, views.position) : log.tail
        var page = EventPage(next: position)
        do throws(LogError) {
            if let subject = filter.subject ?? filter.journey {
                let positions = views.positions(subject: subject, wholeJourney: filter.subject == nil) ?? []
                for found in positions where found > position && found <= tail {
                    guard page.hasRoom(limits) else { return page }
                    if let event = try log.event(at: found) { page.add(event, query) }
                }
                // All that there is was looked at.
                page.next = max(tail, position)
            } else {
                try scan(query, after: position, through: tail, limits, into: &page)
            }
            return page
        } catch {
            throw Problem(error)
        }
    }

    private func scan(
        _ query: EventQuery, after position: Position, through tail: Position, _ limits: EventPage.Limits, into page: inout EventPage
    ) throws(LogError) {
        var filter = RecordFilter(query.filter, log)
        var left = limits.scanned
        var failure: LogError?
        try log.read(after: position) { (record, bytes) in
            guard record.position <= tail, left > 0, page.hasRoom(limits) else { return false }
            left -= 1
            page.next = record.position
            guard filter.includes(record, bytes) else { return true }
            do throws(LogError) { page.add(try log.event(record, bytes), query) } catch { failure = error }
            return failure == nil
        }
        if let failure { throw failure }
    }

    /// The answer to a query that does not follow.
    func events(_ query: EventQuery) throws(Problem) -> Reply {
        let query = try resolved(query)
        let page = try page(query, after: query.after, limits: EventPage.Limits(events: query.limit))
        guard query.form == .page else { return Reply(ndjson: page.bytes) }
        var writer = JSONWriter()
        writer.object { writer in
            writer.key("events")
            writer.array { writer in if !page.bytes.isEmpty { writer.raw(page.bytes.span) } }
            writer.member("next", page.next)
            // Whether it is of the subject cannot be told of an event that cannot be read.
            if query.filter.needsViews { ViewStatus.write(parked: views.parked, count: views.parked.count, to: &writer) }
        }
        return Reply(json: writer.bytes)
    }
}

extension EventPage {
    fileprivate func hasRoom(_ limits: Limits) -> Bool {
        count < limits.events && bytes.count < limits.bytes
    }

    fileprivate mutating func add(_ event: StoredEvent, _ query: EventQuery) {
        guard query.filter.includes(event) else { return }
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
        (next, last) = (event.position, event.position)
    }
}
