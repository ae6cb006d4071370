internal import EventLog
internal import JourneyModel
internal import Synchronization

/// What the log tells of the sources of its events: how many they sent, of which types that the catalogue does not know, and how many late.
///
/// Made from the log alone, so that it is the same after a restart: the first look reads all of it, one to two seconds a million
/// events, and each one after that what came since. What retention took away is not in it.
final class SourceBook: Sendable {
    /// An event is late where the newest that its source sent before is so much newer, in microseconds.
    static let lateness: Int64 = 60_000_000
    /// Sources that are told apart; those beyond are added up in one.
    static let maximumSources = 2_048
    /// Unknown types that are told apart for each source.
    static let maximumTypes = 32

    /// What is known of one source.
    struct Page: Sendable {
        var accepted = 0
        var late = 0
        /// The time of its newest event.
        var newest = Timestamp(microseconds: .min)
        /// How many events have a type that is not in the catalogue.
        var unknown = 0
        /// Those types; the first ``maximumTypes`` of them.
        var unknownTypes: [String: Int] = [:]
    }

    /// What is known at a position.
    struct Content: Sendable {
        fileprivate(set) var position: Position = 0
        /// By source; nil for those that are one too many.
        fileprivate(set) var pages: [String?: Page] = [:]
        fileprivate var first: Position = 0
    }

    private let log: EventLog
    private let catalogue: EventCatalogue
    private let known = Mutex(Content())

    init(_ log: EventLog, _ catalogue: EventCatalogue) {
        (self.log, self.catalogue) = (log, catalogue)
    }

    /// Reads what came since the last time. Not for an event loop: one who asks meanwhile waits.
    func current() throws(LogError) -> Content {
        try known.withLock { (content) throws(LogError) in
            if content.first != log.first {
                content = Content()
                content.first = log.first
            }
            var reader = Reader(log, catalogue)
            try log.read(after: content.position) { (record, bytes) in
                reader.add(record, bytes, to: &content)
                return true
            }
            content.position = max(content.position, log.first - 1)
            return content
        }
    }

    /// Adds records; the names of types and sources are looked up once.
    private struct Reader {
        private let log: EventLog
        private let catalogue: EventCatalogue
        // Nil for types that the catalogue knows.
        private var unknownTypes: [UInt32: String?] = [:]
        private var sources: [UInt32: String] = [:]

        init(_ log: EventLog, _ catalogue: EventCatalogue) {
            (self.log, self.catalogue) = (log, catalogue)
        }

        mutating func add(_ record: EventRecord, _ bytes: Span<UInt8>, to content: inout Content) {
            content.position = record.position
            let source = source(record, bytes)
            let isKnown = content.pages[source] != nil || content.pages.count < SourceBook.maximumSources
            let unknownType = unknownType(record, bytes)
            content.pages[isKnown ? source : nil, default: Page()].add(record.time, unknownType: unknownType)
        }

        private mutating func source(_ record: EventRecord, _ bytes: Span<UInt8>) -> String {
            guard record.source != EventRecord.unlisted else { return log.source(record, bytes) }
            if let known = sources[record.source] { return known }
            let source = log.source(record, bytes)
            sources[record.source] = source
            return source
        }

        private mutating func unknownType(_ record: EventRecord, _ bytes: Span<UInt8>) -> String? {
            if record.type != EventRecord.unlisted, let known = unknownTypes[record.type] { return known }
            let type = log.type(record, bytes)
            let utf8 = Array(type.utf8)
            let unknown = catalogue.schema(utf8.span) == nil ? type : nil
            if record.type != EventRecord.unlisted { unknownTypes[record.type] = .some(unknown) }
            return unknown
        }
    }
}

extension SourceBook.Page {
    fileprivate mutating func add(_ time: Timestamp, unknownType: String?) {
        accepted += 1
        if newest.microseconds > .min, newest.microseconds - SourceBook.lateness > time.microseconds { late += 1 }
        newest = max(newest, time)
        guard let unknownType else { return }
        unknown += 1
        if unknownTypes[unknownType] != nil || unknownTypes.count < SourceBook.maximumTypes { unknownTypes[unknownType, default: 0] += 1 }
    }
}
