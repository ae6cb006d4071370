internal import EventLog
internal import JourneyModel
internal import Views

/// `GET /healthz` and `GET /v1/status`: how the daemon is.
extension ControlInterface {
    /// 200 while events are taken and the built-in views go on, 503 with the reason otherwise. A kept view that is in trouble is told, and is no reason to
    /// start the daemon again.
    var health: Reply {
        let statuses = viewStatuses
        let stopped = statuses.first { KeptViews.builtIn.contains($0.name) && $0.state.isTrouble }
        let fault = log.readOnlyReason.map { "read-only: \($0)" } ?? stopped.flatMap(\.reason)
        let troubles = statuses.filter { $0.state.isTrouble || $0.parkedCount > 0 }
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("status", fault != nil ? "failing" : troubles.isEmpty ? "ok" : "degraded")
            if let fault { writer.member("reason", fault) }
            guard !troubles.isEmpty else { return }
            writer.key("views")
            writer.array { writer in for status in troubles { status.write(tail: log.tail, to: &writer) } }
        }
        return Reply(status: fault == nil ? 200 : 503, json: writer.bytes)
    }

    var status: [UInt8] {
        var writer = JSONWriter()
        let tail = log.tail
        writer.object { writer in
            writer.member("version", version)
            writer.member("position", tail)
            writer.member("startedat", started.text)
            writer.key("views")
            writer.array { writer in
                for status in viewStatuses { status.write(tail: tail, to: &writer) }
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
}
