package import JourneyModel

/// Which events a consumer is sent: those that are so in all that is named, all where nothing is.
package struct ConsumerFilter: Equatable, Sendable {
    /// A type, or all that begin alike where it ends in `.*`.
    package var type: String?
    /// The source.
    package var source: String?
    /// The subject, as it is written in events.
    package var subject: String?
    /// A subject, for the events of its whole journey.
    package var journey: String?

    package init(type: String? = nil, source: String? = nil, subject: String? = nil, journey: String? = nil) {
        (self.type, self.source, self.subject, self.journey) = (type, source, subject, journey)
    }

    /// Writes it as an object that has what is named.
    package func write(to writer: inout JSONWriter) {
        writer.object { writer in
            for (name, value) in [("type", type), ("source", source), ("subject", subject), ("journey", journey)] {
                if let value { writer.member(name, value) }
            }
        }
    }

    /// Reads what ``write(to:)`` wrote.
    init(_ value: JSONValue?) {
        self.init(
            type: value?["type"]?.text, source: value?["source"]?.text, subject: value?["subject"]?.text, journey: value?["journey"]?.text)
    }
}
