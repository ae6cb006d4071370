internal import Consumers
internal import EventLog
internal import JourneyModel

/// `/v1/consumers`: readers of the log by name, whose position the daemon keeps.
extension ControlInterface {
    /// `PUT /v1/consumers/{name}`: `{"type": T, "source": S, "subject": S, "journey": J, "start": P}`, each optional.
    ///
    /// `start` is a position, `"first"` (which is 0, and meant where nothing is said) or `"now"`: it counts when the consumer is made.
    /// - Throws: `invalid-parameter`; `consumer-exists` where there is one of that name with another filter; `too-many-consumers`.
    func createConsumer(_ name: String, _ body: [UInt8], creator: UInt32) throws(Problem) -> Reply {
        let names = ["type", "source", "subject", "journey"]
        let request = try RequestBody(body.isEmpty ? Array("{}".utf8) : body, members: Set(names + ["start"]))
        let filter = ConsumerFilter(
            type: try request.text("type"), source: try request.text("source"), subject: try request.text("subject"),
            journey: try request.text("journey"))
        // Refused now, and not when it is followed.
        _ = try EventFilter(filter)
        let consumer = Consumer(name: name, filter: filter, start: try start(request), creator: creator)
        let made = try consumed { () throws(ConsumerFault) in try consumers.create(consumer) }
        return Reply(status: made.isNew ? 201 : 200, json: text(made.consumer))
    }

    private func start(_ request: RequestBody) throws(Problem) -> Position {
        switch request.value("start") {
        case nil, .string("first"): return 0
        case .string("now"): return log.tail
        case .number?:
            let start = Position(try request.number("start") ?? 0)
            guard start <= log.tail else { throw Problem(ConsumerFault.ahead(tail: log.tail)) }
            return start
        default: throw Problem(.invalidParameter, "\"start\" is neither a position nor \"first\" nor \"now\"")
        }
    }

    /// `POST /v1/consumers/{name}/ack`: `{"position": P}`. Answered when it is on the disk.
    ///
    /// - Throws: `invalid-parameter`, `not-found`; `position-ahead` where the log has not come so far.
    func acknowledge(_ name: String, _ body: [UInt8]) throws(Problem) -> Reply {
        let request = try RequestBody(body, members: ["position"])
        guard let position = try request.number("position") else {
            throw Problem(.invalidParameter, "\"position\" is missing: up to where is it done?")
        }
        let tail = log.tail
        let consumer = try consumed { () throws(ConsumerFault) in try consumers.acknowledge(name, Position(position), tail: tail) }
        return Reply(json: text(consumer))
    }

    /// `GET /v1/consumers/{name}`.
    func consumer(_ name: String) throws(Problem) -> Reply {
        Reply(json: text(try consumed { () throws(ConsumerFault) in try consumers.consumer(name) }))
    }

    /// `DELETE /v1/consumers/{name}`: answers with what it was. Whoever follows it is told no more.
    func deleteConsumer(_ name: String) throws(Problem) -> Reply {
        let consumer = try consumed { () throws(ConsumerFault) in try consumers.delete(name) }
        let reply = Reply(json: text(consumer))
        sessions.stop(name)
        return reply
    }

    /// `GET /v1/consumers`.
    func listConsumers() throws(Problem) -> Reply {
        let all = try consumed { () throws(ConsumerFault) in try consumers.all }
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("position", log.tail)
            writer.key("consumers")
            writer.array { writer in for consumer in all { write(consumer, to: &writer) } }
        }
        return Reply(json: writer.bytes)
    }

    /// A query as it is to be carried out: one of a consumer has its filter, and begins where it is.
    ///
    /// - Throws: `not-found` where there is no such consumer.
    package func resolved(_ query: EventQuery) throws(Problem) -> EventQuery {
        guard let name = query.consumer else { return query }
        let consumer = try consumed { () throws(ConsumerFault) in try consumers.consumer(name) }
        var query = query
        query.after = consumer.position
        query.filter = try EventFilter(consumer.filter)
        return query
    }

    /// How many positions a consumer is behind the log's tail: those that it has not acknowledged, but for those at the end that it was not
    /// sent as its filter passes over them.
    func lag(_ consumer: Consumer) -> Position {
        let tail = log.tail
        return tail - min(tail, max(consumer.position, sessions.passedOver(consumer)))
    }

    private func text(_ consumer: Consumer) -> [UInt8] {
        var writer = JSONWriter()
        write(consumer, to: &writer)
        return writer.bytes
    }

    private func write(_ consumer: Consumer, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("name", consumer.name)
            writer.key("filter")
            consumer.filter.write(to: &writer)
            writer.member("position", consumer.position)
            writer.member("lag", lag(consumer))
            writer.key("followed")
            writer.bool(sessions.isFollowed(consumer.name))
            writer.member("createdat", consumer.createdAt.text)
            writer.member("acknowledgedat", consumer.acknowledgedAt?.text)
        }
    }

    func consumed<Result>(_ body: () throws(ConsumerFault) -> Result) throws(Problem) -> Result {
        do throws(ConsumerFault) { return try body() } catch { throw Problem(error) }
    }
}

extension Problem {
    /// What a consumer's fault means for a request.
    init(_ fault: ConsumerFault) {
        switch fault {
        case .unknown(let name):
            self.init(.notFound, "there is no consumer '\(name)'; PUT /v1/consumers/\(name) makes it")
        case .different(let consumer):
            self.init(
                .consumerExists, "there is a consumer '\(consumer.name)' with another filter; DELETE it first, or take another name")
        case .tooMany(let maximum):
            self.init(.tooManyConsumers, "there are \(maximum) consumers, which is as many as there may be; DELETE what is not used")
        case .ahead(let tail): self.init(.positionAhead, "the log ends at position \(tail)")
        case .full(let reason): self.init(.logFull, "the consumers' store cannot grow: \(reason)", retryAfter: 60)
        case .unusable(let reason): self.init(.damaged, reason)
        }
    }
}
