internal import EventLog
internal import JourneyModel

/// The file of a segment, mapped.
struct SegmentContent: Sendable {
    let foot: SegmentFoot
    /// The whole file.
    let bytes: ColumnBytes

    /// Whether all of it is what was written.
    var isIntact: Bool {
        bytes.checksum(0..<foot.rowBytes, foot.number) == foot.rowsChecksum
            && bytes.checksum(foot.rowBytes..<(foot.rowBytes + foot.restBytes), foot.number) == foot.restChecksum
    }

    /// The rows; nil where one names a subject that is not among the first `subjects`.
    func segment(subjects: Int) -> EventSegment? {
        let segment = EventSegment(dense: bytes, count: foot.rows)
        let (named, accounts) = (segment.subjects, segment.accounts)
        return SegmentContent.most(named.span) < subjects && SegmentContent.most(accounts.span) <= subjects ? segment : nil
    }

    private static func most(_ values: Span<UInt32>) -> Int {
        var most: UInt32 = 0
        for index in values.indices { most = max(most, values[index]) }
        return Int(most)
    }

    /// Gives the subjects that are named here first their numbers.
    ///
    /// - Returns: false where one has a number already, or there is no room.
    func addNames(to subjects: inout SymbolTable) -> Bool {
        let lengths = Column<UInt16>(bytes, at: foot.rowBytes, count: foot.names)
        guard lengths.reduce(0, { $0 + Int($1) }) == foot.nameBytes else { return false }
        let texts = Column<UInt8>(bytes, at: foot.rowBytes + 2 * foot.names, count: foot.nameBytes)
        return subjects.append(texts.span, lengths: lengths.span)
    }

    /// The links and their ends; nil where one is of a row or a subject that there is not.
    func assertions(subjects: Int) -> [IdentityAssertion]? {
        let start = foot.rowBytes + 2 * foot.names + foot.nameBytes
        let stored = Column<UInt8>(bytes, at: start, count: foot.assertions * IdentityAssertion.storedSize)
        let assertions = (0..<foot.assertions).map { index in
            let place = index * IdentityAssertion.storedSize
            return IdentityAssertion(stored.span.extracting(place..<(place + IdentityAssertion.storedSize)))
        }
        let isSound = assertions.allSatisfy { rows.contains($0.row) && $0.pair.upper < subjects }
        return isSound ? assertions : nil
    }

    /// The compensations; nil where they are not as many as there should be, or one is of a row that there is not.
    func compensations(_ log: EventLog) -> [Compensation]? {
        let end = foot.rowBytes + foot.restBytes - foot.targets * FoundTarget.storedSize
        let stored = Column<UInt8>(bytes, at: end - foot.compensationBytes, count: foot.compensationBytes)
        var compensations: [Compensation] = []
        var place = 0
        while place < stored.count {
            let next = Compensation.read(stored.span.extracting(place..<stored.count)) { source, id in
                UInt32(truncatingIfNeeded: log.identity(source: source, id: id))
            }
            guard let next, rows.contains(next.compensation.row) else { return nil }
            compensations.append(next.compensation)
            place += next.size
        }
        return compensations.count == foot.compensations ? compensations : nil
    }

    /// What is known of compensations, some of which are of segments before.
    var targets: [FoundTarget] {
        let size = foot.targets * FoundTarget.storedSize
        let stored = Column<UInt8>(bytes, at: foot.rowBytes + foot.restBytes - size, count: size)
        return (0..<foot.targets).map { index in
            let place = index * FoundTarget.storedSize
            return FoundTarget(stored.span.extracting(place..<(place + FoundTarget.storedSize)))
        }
    }

    /// The rows by their numbers in the table.
    private var rows: Range<EventTable.Row> {
        let first = EventTable.Row(foot.number << EventSegment.shift)
        return first..<(first + EventTable.Row(foot.rows))
    }
}
