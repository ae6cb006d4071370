internal import EventLog
package import JourneyModel

/// The events of the log as columns, a row an event, in the order of the log: row 0 is the first event that the log keeps.
///
/// Rows are only ever appended, 65,536 to a segment; a copy shares the segments with the original, so that a question keeps its copy
/// while rows are added. Cost: 24 bytes an event, which a full segment has in a file.
package struct EventTable: Sendable {
    /// The number of an event, counted from the first that the log keeps.
    package typealias Row = UInt32

    /// Most rows: what ``Row`` can count.
    static let maximumRows = Int(Row.max)

    /// Where row 0 is in the log.
    package let first: Position
    /// How many rows there are.
    package private(set) var count = 0
    /// Rows `n << EventSegment.shift` and on.
    package private(set) var segments: [EventSegment] = []
    /// What `ops.identity.*` and `ops.record.merged` say, in the order of the log. What `account` says is in its column.
    private(set) var assertions: [IdentityAssertion] = []
    /// What `ops.event.voided` and `.corrected` say, in the order of the log.
    private(set) var compensations: [Compensation] = []
    /// Whether there are events whose type the log keeps no symbol of.
    package private(set) var hasUnlistedTypes = false

    private let scratch: String?

    /// - Parameter scratch: the directory for files of full segments; nil to have them in memory.
    package init(first: Position, scratch: String? = nil) {
        self.first = first
        self.scratch = scratch
    }

    /// The position of the last row; one less than ``first`` where there is none.
    package var position: Position { first + Position(count) - 1 }

    /// Bytes of memory, without the vectors' spare room.
    package var memory: Int { count * EventSegment.rowBytes }

    /// Where `row` is in the log.
    package func position(_ row: Row) -> Position { first + Position(row) }

    /// When it happened, in microseconds since 1970.
    package func time(_ row: Row) -> Int64 {
        segments[Int(row) >> EventSegment.shift].time(Int(row) & EventSegment.mask)
    }

    /// The symbol of its type, or ``EventRecord/unlisted``.
    package func type(_ row: Row) -> UInt16 {
        segments[Int(row) >> EventSegment.shift].type(Int(row) & EventSegment.mask)
    }

    /// The symbol of its source, or ``EventRecord/unlisted``.
    package func source(_ row: Row) -> UInt16 {
        segments[Int(row) >> EventSegment.shift].source(Int(row) & EventSegment.mask)
    }

    /// The number of its subject: ``JourneyColumns/name(of:)``.
    package func subject(_ row: Row) -> UInt32 {
        segments[Int(row) >> EventSegment.shift].subject(Int(row) & EventSegment.mask)
    }

    /// The number of the account it names, as a subject, plus one; zero where it names none.
    package func account(_ row: Row) -> UInt32 {
        segments[Int(row) >> EventSegment.shift].account(Int(row) & EventSegment.mask)
    }

    /// The hash of its source and id.
    func identity(_ row: Row) -> UInt32 {
        segments[Int(row) >> EventSegment.shift].identity(Int(row) & EventSegment.mask)
    }

    mutating func append(_ event: EventSegment.Event) {
        if count & EventSegment.mask == 0 { segments.append(EventSegment()) }
        segments[segments.count - 1].append(event)
        count += 1
        if count & EventSegment.mask == 0 { segments[segments.count - 1].store(in: scratch) }
        if UInt32(event.type) == EventRecord.unlisted { hasUnlistedTypes = true }
    }

    mutating func append(_ assertion: IdentityAssertion) { assertions.append(assertion) }

    mutating func append(_ compensation: Compensation) { compensations.append(compensation) }

    mutating func setTarget(_ row: Row, ofCompensation index: Int) { compensations[index].target = row }

    /// Notes which segment's file tells the target of a compensation.
    mutating func setKeeper(_ number: Int, ofCompensation index: Int) { compensations[index].keeper = number }

    /// Adds the rows of a segment behind those that there are, which fill theirs.
    mutating func append(_ segment: EventSegment, hasUnlistedTypes: Bool) {
        precondition(count & EventSegment.mask == 0)
        segments.append(segment)
        count += segment.count
        if hasUnlistedTypes { self.hasUnlistedTypes = true }
    }

    /// Has the rows of a full segment lie in `rows`, which are the same.
    mutating func put(_ rows: ColumnBytes, inSegment number: Int) { segments[number].put(rows) }

    /// The rows whose event may have one of these identities. O(rows), about half a nanosecond each.
    func rows(identities: Set<UInt32>) -> [Row] {
        // Most rows are told apart by the lower half of theirs.
        var isSought = [Bool](repeating: false, count: 1 << 16)
        for identity in identities { isSought[Int(identity & 0xFFFF)] = true }
        var found: [Row] = []
        for (number, segment) in segments.enumerated() {
            let (start, column) = (number << EventSegment.shift, segment.identities)
            for offset in column.indices where isSought[Int(column[offset] & 0xFFFF)] && identities.contains(column[offset]) {
                found.append(Row(start + offset))
            }
        }
        return found
    }
}

/// That two subjects belong together, or do not any more.
struct IdentityAssertion: Sendable {
    let row: EventTable.Row
    let pair: LinkGraph.Pair
    let isLink: Bool
}

/// That an event does not count, or has other data than it came with.
struct Compensation: Sendable {
    let row: EventTable.Row
    let time: Int64
    /// Voided rather than corrected.
    let isVoid: Bool
    let source: String
    let id: String
    let identity: UInt32
    /// The event that is meant, once it is known.
    var target: EventTable.Row?
    /// The segment whose file tells ``target``.
    var keeper: Int?
}
