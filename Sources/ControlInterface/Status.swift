internal import EventLog
internal import JourneyModel
internal import Views

/// `GET /healthz` and `GET /v1/status`: how the daemon is.
extension ControlInterface {
    /// 200 while all is well, 503 with the reason otherwise.
    var health: Reply {
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

    var status: [UInt8] {
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
