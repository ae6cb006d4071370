package import EventLog
package import JourneyModel
internal import Synchronization
package import Timelines
package import Views

/// Requests in, answers out, as values: what the daemon says, without the sockets it says it through.
package final class ControlInterface: Sendable {
    /// How large requests may be.
    package struct Limits: Sendable {
        /// Bytes of an array of events.
        package var arrayBytes = 16 << 20
        /// Events in an array.
        package var arrayEvents = 10_000
        package var event = EventLimits()

        package init() {}
    }

    package let log: EventLog
    package let views: JourneyViews
    let questions: QuestionDesk
    package let limits: Limits
    private let policy: Mutex<AccessPolicy>
    /// Who may do what, from the next request on.
    package var access: AccessPolicy {
        get { policy.withLock { $0 } }
        set { policy.withLock { $0 = newValue } }
    }
    let reader: EventReader
    let version: String
    let started = Timestamp.now
    let viewNames = ["funnel", "friction"]
    /// What is counted of requests.
    package let telemetry = Telemetry()

    package init(
        log: EventLog, views: JourneyViews, columns: JourneyColumns, catalogue: EventCatalogue, access: AccessPolicy, version: String,
        limits: Limits = Limits()
    ) {
        policy = Mutex(access)
        self.log = log
        self.views = views
        questions = QuestionDesk(columns)
        self.limits = limits
        self.version = version
        reader = EventReader(catalogue: catalogue, limits: limits.event)
    }

    /// The answer to a request that is not an append. It may take long: not for an event loop.
    ///
    /// - Parameters:
    ///   - body: the request's body, where the route has one.
    ///   - isWanted: whether anybody still waits for the answer; long work ends where nobody does.
    package func answer(_ route: Route, body: [UInt8] = [], isWanted: @escaping @Sendable () -> Bool = { true }) -> Answer {
        do throws(Problem) {
            switch route {
            case .verify: return .lines { [self] send in verify(send) }
            case .erase: return try erase(body)
            case .backup: return try backup(body)
            case .question(let asLines): return try questions.answer(body, asLines: asLines, isWanted)
            default: return .whole(try reply(route, body))
            }
        } catch {
            return .whole(Reply(error))
        }
    }

    private func reply(_ route: Route, _ body: [UInt8]) throws(Problem) -> Reply {
        switch route {
        case .events(let query): try events(query)
        case .event(let position): try event(position)
        case .journey(let subject, let at, _): try journey(subject, at)
        case .funnel(let query, _): Reply(json: try view { () throws(ViewError) in try views.funnel(query) })
        case .friction(let query, _): Reply(json: try view { () throws(ViewError) in try views.friction(query) })
        case .status: Reply(json: status)
        case .health: health
        case .metrics: metrics
        case .seal: try seal()
        case .retain: try retain(body)
        case .append, .verify, .erase, .backup, .question: throw Problem(.internalError, "this is not a request with one answer")
        }
    }

    private func seal() throws(Problem) -> Reply {
        do throws(LogError) {
            try log.endEpochAndWait()
        } catch {
            throw Problem(error)
        }
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("position", log.tail)
            writer.member("epochs", log.epochCount)
            writer.member("sealed", log.sealedEpochs)
        }
        return Reply(json: writer.bytes)
    }

    private func view<Result>(_ body: () throws(ViewError) -> Result) throws(Problem) -> Result {
        do throws(ViewError) {
            return try body()
        } catch {
            throw Problem(error)
        }
    }

    private func event(_ position: Position) throws(Problem) -> Reply {
        let event: StoredEvent?
        do throws(LogError) {
            event = try log.event(at: position)
        } catch {
            throw Problem(error)
        }
        guard let event else { throw Problem(.notFound, "the log ends at position \(log.tail)") }
        var writer = JSONWriter()
        event.write(to: &writer)
        return Reply(json: writer.bytes)
    }

    private func journey(_ subject: String, _ at: Timestamp?) throws(Problem) -> Reply {
        guard let journey = try view({ () throws(ViewError) in try views.journey(of: subject, at: at) }) else {
            let hint = subject.contains(":") ? "" : "; subjects are kind:id, such as lead:42"
            throw Problem(.notFound, "no event up to position \(views.position) speaks of '\(subject)'\(hint)")
        }
        return Reply(json: journey)
    }

    private var health: Reply {
        let fault: String? =
            if let reason = log.readOnlyReason { "read-only: \(reason)" } else if case .stopped(let error) = views.phase { "\(error)" } else
            { nil }
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("status", fault == nil ? "ok" : "failing")
            if let fault { writer.member("reason", fault) }
        }
        return Reply(status: fault == nil ? 200 : 503, json: writer.bytes)
    }

    private var status: [UInt8] {
        var writer = JSONWriter()
        let (tail, seen) = (log.tail, views.position)
        writer.object { writer in
            writer.member("version", version)
            writer.member("position", tail)
            writer.member("startedat", started.text)
            writer.key("views")
            writer.array { writer in
                for name in viewNames { writeView(name, tail: tail, seen: seen, to: &writer) }
            }
            writer.key("log")
            writer.object { writer in
                writer.member("events", tail + 1 - min(log.first, tail + 1))
                writer.member("first", log.first)
                writer.member("bytes", log.bytes)
                writer.member("epochs", log.epochCount)
                writer.member("sealed", log.sealedEpochs)
                writer.member("state", log.readOnlyReason == nil ? "writable" : "read-only")
                if let reason = log.readOnlyReason { writer.member("reason", reason) }
                if let trouble = log.keepersTrouble { writer.member("trouble", trouble) }
                let erasures = log.erasures
                writer.key("erased")
                writer.object { writer in
                    writer.member("journeys", erasures.reduce(0) { $0 + $1.journeys })
                    writer.member("subjects", erasures.reduce(0) { $0 + $1.subjects })
                    writer.member("events", erasures.reduce(0) { $0 + $1.events })
                }
                let damages = log.damages
                if !damages.isEmpty {
                    writer.key("damage")
                    writer.array { writer in for damage in damages { writer.string(damage) } }
                }
                writer.member("waiting", log.waiting)
                writer.member("duplicates", log.duplicatesSinceStart)
            }
        }
        return writer.bytes
    }

    private func writeView(_ name: String, tail: Position, seen: Position, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("name", name)
            writer.member("position", seen)
            writer.member("lag", tail - min(tail, seen))
            writer.member("definition", views.definition)
            switch views.phase {
            case .replaying: writer.member("state", "replaying")
            case .live: writer.member("state", "live")
            case .closed: writer.member("state", "closed")
            case .stopped(let error):
                writer.member("state", "stopped")
                writer.member("reason", "\(error)")
            }
        }
    }
}
