internal import Consumers
internal import EventLog
internal import JourneyModel

/// Which events are asked for: those that are so in all that is named.
package struct EventFilter: Sendable {
    /// A type, or all that begin alike where it ends in `.*`.
    let type: TypePattern?
    /// The source.
    let source: String?
    package let subject: String?
    /// A subject, for the events of its whole journey.
    package let journey: String?

    /// Whether the views must tell where the events are.
    package var needsViews: Bool { subject != nil || journey != nil }

    /// Reads the members of a filter.
    ///
    /// - Throws: `invalid-parameter`, naming the one that is not what it should be.
    init(type: String?, source: String?, subject: String?, journey: String?) throws(Problem) {
        if type?.isEmpty == true { throw RequestTarget.invalid("type", "is empty") }
        if source?.isEmpty == true { throw RequestTarget.invalid("source", "is empty") }
        for (name, text) in [("subject", subject), ("journey", journey)] {
            guard let text else { continue }
            let utf8 = Array(text.utf8)
            if let fault = Subject.fault(utf8.span) { throw RequestTarget.invalid(name, fault) }
        }
        self.type = type.map { TypePattern($0) }
        (self.source, self.subject, self.journey) = (source, subject, journey)
    }

    /// The filter that a consumer was made with.
    init(_ filter: ConsumerFilter) throws(Problem) {
        try self.init(type: filter.type, source: filter.source, subject: filter.subject, journey: filter.journey)
    }

    /// Whether an event is asked for by its type and source.
    func includes(_ event: StoredEvent) -> Bool {
        type?.matches(event.type.utf8) ?? true && source.map { $0 == event.source } ?? true
    }
}

/// A filter in use on records: what it says of a type and of a source is remembered by their symbols, as a log has few of them.
struct RecordFilter {
    private let filter: EventFilter
    private let log: EventLog
    private var types: [UInt32: Bool] = [:]
    private var sources: [UInt32: Bool] = [:]

    init(_ filter: EventFilter, _ log: EventLog) {
        (self.filter, self.log) = (filter, log)
    }

    /// Whether a record's event is asked for by its type and source.
    mutating func includes(_ record: EventRecord, _ bytes: Span<UInt8>) -> Bool {
        if let pattern = filter.type {
            let isOfType = RecordFilter.remembered(&types, record.type) { pattern.matches(log.type(record, bytes).utf8) }
            guard isOfType else { return false }
        }
        guard let source = filter.source else { return true }
        return RecordFilter.remembered(&sources, record.source) { log.source(record, bytes) == source }
    }

    private static func remembered(_ verdicts: inout [UInt32: Bool], _ symbol: UInt32, _ judge: () -> Bool) -> Bool {
        if let known = verdicts[symbol] { return known }
        let verdict = judge()
        // Names that are no symbols share a number.
        if symbol != EventRecord.unlisted { verdicts[symbol] = verdict }
        return verdict
    }
}
