package import Consumers
package import EventLog
package import JourneyModel
internal import Synchronization
package import Timelines
package import Views

/// Who asks, and what his request is called.
package struct Asker: Sendable {
    /// The uid.
    package let user: UInt32
    /// The id of the request, for problems that are told in the middle of an answer.
    package let request: String?

    package init(user: UInt32, request: String? = nil) {
        (self.user, self.request) = (user, request)
    }
}

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
    package let kept: KeptViews
    let questions: QuestionDesk
    let consumers: ConsumerStore
    /// Who follows which consumer.
    package let sessions = ConsumerSessions()
    let sources: SourceBook
    let intake = IntakeCounts()
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
    /// What is counted of requests.
    package let telemetry = Telemetry()

    /// - Parameters:
    ///   - consumers: where their positions are kept; in memory only, if left out.
    ///   - quarantine: sources whose events are stored although their data breaks the schema of its type.
    package init(
        log: EventLog, views: JourneyViews, kept: KeptViews, columns: JourneyColumns, catalogue: EventCatalogue, access: AccessPolicy,
        version: String,
        consumers: ConsumerStore = ConsumerStore(), quarantine: Set<String> = [], limits: Limits = Limits()
    ) {
        policy = Mutex(access)
        self.consumers = consumers
        self.log = log
        self.views = views
        self.kept = kept
        questions = QuestionDesk(columns)
        self.limits = limits
        self.version = version
        sources = SourceBook(log, catalogue)
        reader = EventReader(catalogue: catalogue, limits: limits.event, quarantine: quarantine)
    }

    /// The answer to a request that is not an append. It may take long: not for an event loop.
    ///
    /// - Parameters:
    ///   - body: the request's body, where the route has one.
    ///   - asker: who asks.
    ///   - isWanted: whether anybody still waits for the answer; long work ends where nobody does.
    package func answer(
        _ route: Route, body: [UInt8] = [], asker: Asker = Asker(user: 0), isWanted: @escaping @Sendable () -> Bool = { true }
    ) -> Answer {
        do throws(Problem) {
            switch route {
            case .verify: return .lines { [self] send in verify(send) }
            case .erase: return try erase(body)
            case .backup: return try backup(body)
            case .question(let asLines): return try questions.answer(body, asLines: asLines, request: asker.request, isWanted)
            case .view(let name, let query, _): return .whole(try view(name, query, isWanted))
            default: return .whole(try reply(route, body, asker))
            }
        } catch {
            return .whole(Reply(error))
        }
    }

    /// What answering the question in `body` reads, as JSON that says nothing of its values; nil where it is no question.
    package func plan(_ body: [UInt8]) -> [UInt8]? {
        questions.plan(body)
    }

    private func reply(_ route: Route, _ body: [UInt8], _ asker: Asker) throws(Problem) -> Reply {
        switch route {
        case .events(let query): try events(query)
        case .event(let position): try event(position)
        case .journey(let subject, let at, _): try journey(subject, at)
        case .funnel(let query, _): Reply(json: try view { () throws(ViewError) in try views.funnel(query) })
        case .friction(let query, _): Reply(json: try view { () throws(ViewError) in try views.friction(query) })
        case .views: Reply(json: viewList)
        case .putView(let name): try putView(name, body)
        case .deleteView(let name, let version): try deleteView(name, version)
        case .quality: try quality()
        case .consumers: try listConsumers()
        case .consumer(let name): try consumer(name)
        case .createConsumer(let name): try createConsumer(name, body, creator: asker.user)
        case .deleteConsumer(let name): try deleteConsumer(name)
        case .acknowledge(let name): try acknowledge(name, body)
        case .status: Reply(json: status)
        case .openAPI: Reply(json: Array(OpenAPIDocument.text.utf8))
        case .health: health
        case .metrics: metrics
        case .seal: try seal()
        case .retain: try retain(body)
        case .append, .verify, .erase, .backup, .question, .view: throw Problem(.internalError, "this is not a request with one answer")
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

    func view<Result>(_ body: () throws(ViewError) -> Result) throws(Problem) -> Result {
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
}
