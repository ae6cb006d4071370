/// The text of an event read back from the log, and the numbers the daemon gave it.
package struct StoredEvent: Sendable {
    /// Its place in the total order, from 1.
    package let position: Position
    /// When it happened.
    package let time: Timestamp
    /// When the daemon stored it.
    package let recordedAt: Timestamp
    /// Whether the sender left `time` out, so that it is the moment of receipt.
    package let timeIsReceipt: Bool
    /// Whether what is personal of it was erased: pseudonyms stand in its place.
    package let isErased: Bool
    /// The user who sent it.
    package let emitter: UInt32
    package let source: String
    package let type: String
    package let id: String
    package let subject: String
    /// The account that the event names, if it names one.
    package let account: String?
    /// JSON members with commas between them.
    package let extensions: [UInt8]
    /// A JSON object, or empty.
    package let data: [UInt8]

    package init(
        position: Position, time: Timestamp, recordedAt: Timestamp, timeIsReceipt: Bool, isErased: Bool = false, emitter: UInt32,
        source: String, type: String, id: String, subject: String, account: String?, extensions: [UInt8], data: [UInt8]
    ) {
        self.position = position
        self.time = time
        self.recordedAt = recordedAt
        self.timeIsReceipt = timeIsReceipt
        self.isErased = isErased
        self.emitter = emitter
        self.source = source
        self.type = type
        self.id = id
        self.subject = subject
        self.account = account
        self.extensions = extensions
        self.data = data
    }

    /// Writes the event as the control interface gives it out: the CloudEvent with `position` and `recordedat` before it.
    package func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("position", position)
            writer.member("recordedat", recordedAt.text)
            writer.member("emitteruid", emitter)
            if isErased {
                writer.key("erased")
                writer.bool(true)
            }
            writer.member("specversion", "1.0")
            writer.member("id", id)
            writer.member("source", source)
            writer.member("type", type)
            writer.member("subject", subject)
            if let account { writer.member("account", account) }
            writer.member("time", time.text)
            if !extensions.isEmpty { writer.raw(extensions.span) }
            if !data.isEmpty {
                writer.key("data")
                writer.raw(data.span)
            }
        }
    }
}

/// An event's place in the total order of the log: 1, 2, 3 … without gaps. Zero is before the first.
package typealias Position = UInt64
