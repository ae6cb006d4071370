internal import EventLog
package import JourneyModel
internal import Timelines
package import Views

/// Views that are kept: `/v1/views`.
extension ControlInterface {
    /// How all views are, the built-in ones first.
    package var viewStatuses: [ViewStatus] {
        KeptViews.builtIn.map { views.status($0) } + kept.statuses
    }

    var viewList: [UInt8] {
        var writer = JSONWriter()
        let tail = log.tail
        writer.object { writer in
            writer.member("position", tail)
            writer.key("views")
            writer.array { writer in for status in viewStatuses { status.write(tail: tail, to: &writer) } }
        }
        return writer.bytes
    }

    func putView(_ name: String, _ body: [UInt8]) throws(Problem) -> Reply {
        if KeptViews.builtIn.contains(name) { throw Problem(.limitReached, "'\(name)' is built in; keep the question under another name") }
        if let fault = KeptViews.fault(name: name) { throw RequestTarget.invalid("name", "cannot be used: \(fault)") }
        let (status, isNew) = try view { () throws(ViewError) in try kept.put(name, body) }
        var writer = JSONWriter()
        status.write(tail: log.tail, to: &writer)
        return Reply(status: isNew ? 201 : 200, json: writer.bytes)
    }

    func deleteView(_ name: String, _ version: Int?) throws(Problem) -> Reply {
        if KeptViews.builtIn.contains(name) { throw Problem(.limitReached, "'\(name)' is built in and stays") }
        let dropped = try view { () throws(ViewError) in try kept.drop(name, version: version) }
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("name", name)
            writer.key("dropped")
            writer.array { writer in for number in dropped { writer.number(number) } }
        }
        return Reply(json: writer.bytes)
    }

    func view(_ name: String, _ query: KeptViews.Query, _ isWanted: @escaping @Sendable () -> Bool) throws(Problem) -> Reply {
        guard KeptViews.builtIn.contains(name) else {
            let monitor = WorkMonitor(isWanted: isWanted)
            return Reply(json: try view { () throws(ViewError) in try kept.answer(name, query, monitor) })
        }
        guard query.version ?? 1 == 1 else { throw Problem(.notFound, "the built-in view '\(name)' has one version, 1") }
        guard query.frame.isEmpty else {
            let monitor = WorkMonitor(isWanted: isWanted)
            return Reply(json: try view { () throws(ViewError) in try kept.answer(builtIn: name, query, monitor) })
        }
        var built = ViewQuery()
        built.at = query.at
        return Reply(json: try view { () throws(ViewError) in try name == "funnel" ? views.funnel(built) : views.friction(built) })
    }

    /// Calls `body` when the view that a route asks has seen `position`, at once where it has.
    ///
    /// - Parameter view: the kept view; nil for the built-in ones.
    package func whenSeen(
        _ position: Position, _ view: (name: String, version: Int?)?, _ body: @escaping @Sendable () -> Void
    ) {
        if let view { kept.whenSeen(view.name, view.version, position, body) } else { views.whenSeen(position, body) }
    }
}
