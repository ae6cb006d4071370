internal import JourneyModel

extension Verification.Step {
    /// The step as a line of JSON.
    package var line: [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("verified", place)
            if let first { writer.member("first", first) }
            writer.member("events", events)
            if let damage {
                writer.key("damage")
                damage.write(to: &writer)
            }
        }
        return writer.bytes + [UInt8(ascii: "\n")]
    }
}

extension Verification {
    /// The last line: what was found in all.
    package var line: [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.key("done")
            writer.bool(true)
            writer.member("position", position)
            writer.member("events", events)
            writer.key("damage")
            writer.array { writer in for damage in damages { damage.write(to: &writer) } }
        }
        return writer.bytes + [UInt8(ascii: "\n")]
    }
}

extension Verification.Damage {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("place", place)
            if let position { writer.member("position", position) }
            writer.member("reason", reason)
        }
    }
}
