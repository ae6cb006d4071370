internal import JourneyModel

/// An event on its way to journeyd, complete with its id and its time: however often it is sent, it is the same event and is stored once.
public struct OutgoingEvent: Equatable, Sendable {
    /// The event as one line of JSON.
    public let json: [UInt8]

    /// Writes an event.
    ///
    /// - Parameters:
    ///   - type: What happened, such as `sales.opportunity.won`.
    ///   - subject: To what it happened, such as `opportunity:77`.
    ///   - source: Who says so; the same for all events of a service.
    ///   - id: The event's id in its source. A name that follows from the fact, such as `won-77`, keeps it single even where the service
    ///     that emits starts over.
    ///   - account: To whom the subject belongs, such as `account:acme`.
    ///   - time: When it happened, in RFC 3339. Now, if nil: not when the daemon gets it, which may be much later.
    ///   - data: What else there is to say, a JSON object.
    /// - Throws: ``EmitterError/invalidEvent(reason:)`` where `data` is not JSON. What else is wrong is for the daemon to find.
    public init(
        type: String, subject: String, source: String, id: String = OutgoingEvent.newID(), account: String? = nil, time: String? = nil,
        data: [UInt8]? = nil
    ) throws(EmitterError) {
        let data = try data.map { data throws(EmitterError) in try OutgoingEvent.line(data, "data") }
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("specversion", "1.0")
            writer.member("id", id)
            writer.member("source", source)
            writer.member("type", type)
            writer.member("subject", subject)
            if let account { writer.member("account", account) }
            writer.member("time", time ?? Timestamp.now.text)
            guard let data else { return }
            writer.key("data")
            writer.raw(data.span)
        }
        json = writer.bytes
    }

    /// Takes an event that is JSON already.
    ///
    /// - Throws: ``EmitterError/invalidEvent(reason:)`` where it is not a JSON object, or names no id or no source: then it could not be
    ///   known again when it is sent twice.
    public init(json: [UInt8]) throws(EmitterError) {
        let line = try OutgoingEvent.line(json, "the event")
        let value = try? JSONValue(line.span)
        guard value?["id"]?.text != nil, value?["source"]?.text != nil else {
            throw .invalidEvent(reason: "the event has no id or no source that is a string")
        }
        self.json = line
    }

    /// An id that no other event has: 128 random bits in hexadecimal.
    public static func newID() -> String {
        let digits = String(UInt128.random(in: 0 ... .max), radix: 16)
        return String(repeating: "0", count: 32 - digits.count) + digits
    }

    /// JSON on one line: its strings hold no line ends, so those that there are mean nothing.
    private static func line(_ json: [UInt8], _ name: String) throws(EmitterError) -> [UInt8] {
        guard json.count <= EmitterOptions.longestEvent else {
            throw .invalidEvent(reason: "\(name) has \(json.count) bytes, \(EmitterOptions.longestEvent) are allowed")
        }
        var (index, isObject) = (0, false)
        do throws(JSONFault) {
            JSONScanner.skipWhitespace(json.span, &index)
            isObject = index < json.count && json[index] == UInt8(ascii: "{")
            try JSONScanner.skipValue(json.span, &index)
            JSONScanner.skipWhitespace(json.span, &index)
        } catch {
            throw .invalidEvent(reason: "\(name) is not JSON: byte \(error.offset): \(error.reason)")
        }
        guard isObject, index == json.count else { throw .invalidEvent(reason: "\(name) is not one JSON object") }
        return json.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 }
    }
}
