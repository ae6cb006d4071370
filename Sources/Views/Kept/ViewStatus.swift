package import JourneyModel
package import Timelines

/// How a version of a view is: what `journeyctl views`, `/v1/status`, `/healthz` and `/metrics` say of it.
package struct ViewStatus: Sendable {
    /// How its numbers come about.
    package enum Upkeep: String, Sendable {
        /// Kept up to date by the journeys that events touch.
        case incremental
        /// Worked out whenever it is asked.
        case asked
    }

    package enum State: String, Sendable {
        case building, replaying, live, lagging, hanging, stopped, closed
        /// It answers, and is built anew under another stage map beside.
        case rebuilding

        /// Whether somebody should look at it.
        package var isTrouble: Bool { self == .lagging || self == .hanging || self == .stopped }
    }

    package let name: String
    package let version: Int
    /// Whether it is the one that answers.
    package let isCurrent: Bool
    package let upkeep: Upkeep
    package let definition: String
    package let state: State
    /// Why it is in trouble, and what is to be done.
    package let reason: String?
    package let position: Position
    /// How much of a build, or of building anew, is done, from 0 to 1, and how many seconds the rest will take.
    package let progress: Double
    package let remaining: Double?
    /// The events that it could make nothing of: its numbers are partial.
    package let parked: [ParkedEvent]
    package let parkedCount: Int

    /// Writes it as an object.
    ///
    /// - Parameter tail: the log's last position.
    package func write(tail: Position, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("name", name)
            writer.member("version", version)
            writer.key("current")
            writer.bool(isCurrent)
            writer.member("upkeep", upkeep.rawValue)
            writer.member("state", state.rawValue)
            writer.member("position", position)
            writer.member("lag", tail - min(tail, position))
            writer.member("definition", definition)
            if let reason { writer.member("reason", reason) }
            if state == .building || state == .rebuilding {
                writer.key("progress")
                writer.number((progress * 1000).rounded() / 1000)
                writer.key("remaining")
                if let remaining { writer.number(remaining.rounded(.up)) } else { writer.null() }
            }
            ViewStatus.write(parked: parked, count: parkedCount, to: &writer)
        }
    }

    /// Writes that the numbers are partial, and why, where they are.
    package static func write(parked: [ParkedEvent], count: Int, to writer: inout JSONWriter) {
        guard count > 0 else { return }
        writer.key("partial")
        writer.object { writer in
            writer.member("parked", count)
            writer.key("events")
            writer.array { writer in
                for event in parked.prefix(100) {
                    writer.object { writer in
                        writer.member("position", event.position)
                        writer.member("reason", event.reason)
                    }
                }
            }
        }
    }
}
