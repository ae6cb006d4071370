internal import EventLog
internal import JourneyModel

/// The rows of a segment and what readers of them need besides, taken out of a table to be written to a file.
///
/// The file, in this order: the columns, each as long as there are rows; lengths (2 bytes) and bytes of the names of subjects that are named
/// here first; links and their ends; compensations; targets of compensations; the ``SegmentFoot``.
struct SegmentPiece: Sendable {
    /// Bytes beside the rows that are worth a file: more than names of usual length take.
    static let maximumRest = 256 << 20

    let origin: SegmentFoot.Origin
    let number: Int
    let segment: EventSegment
    let last: SegmentFoot.Anchor
    /// Of the foot of the segment before.
    let previous: UInt32
    var names = 0
    var nameBytes = 0
    let assertions: ArraySlice<IdentityAssertion>
    let compensations: ArraySlice<Compensation>
    /// What has become known of compensations, these or earlier ones, since the file before was written.
    let targets: [FoundTarget]
    /// All but rows and foot.
    private(set) var rest: [UInt8] = []
    private var compensationBytes = 0

    /// - Parameters:
    ///   - subjects: all of them.
    ///   - named: those that are named here first.
    ///   - assertions, compensations: those that the rows say.
    ///   - targets: those that no file before tells.
    /// - Returns: nil where it is too much for a file.
    init?(
        origin: SegmentFoot.Origin, number: Int, _ segment: EventSegment, last: SegmentFoot.Anchor, previous: UInt32,
        _ subjects: SymbolTable,
        named: Range<Int>, assertions: ArraySlice<IdentityAssertion>, compensations: ArraySlice<Compensation>,
        targets: [FoundTarget]
    ) {
        (self.origin, self.number, self.segment, self.last, self.previous) = (origin, number, segment, last, previous)
        (self.assertions, self.compensations, self.targets) = (assertions, compensations, targets)
        names = named.count
        var texts: [UInt8] = []
        for subject in named {
            let isShort = subjects.withBytes(UInt32(subject)) { text in
                rest.append(littleEndian: UInt16(truncatingIfNeeded: text.count))
                unsafe text.withUnsafeBufferPointer { unsafe texts.append(contentsOf: $0) }
                return text.count <= Int(UInt16.max)
            }
            guard isShort, texts.count <= SegmentPiece.maximumRest else { return nil }
        }
        nameBytes = texts.count
        rest += texts
        for assertion in assertions { rest += assertion.stored }
        let start = rest.count
        for compensation in compensations { rest += compensation.stored }
        compensationBytes = rest.count - start
        for target in targets { rest += target.stored }
        guard rest.count <= SegmentPiece.maximumRest else { return nil }
    }

    /// The foot of its file, whose rows are `rows`.
    func foot(_ rows: ColumnBytes) -> SegmentFoot {
        let restChecksum = unsafe rest.withUnsafeBytes { unsafe Checksum.record(UInt64(number), $0) }
        return SegmentFoot(
            origin: origin, number: number, rows: segment.count, last: last, previous: previous, names: names, nameBytes: nameBytes,
            assertions: assertions.count, compensations: compensations.count, compensationBytes: compensationBytes, targets: targets.count,
            hasUnlistedTypes: segment.hasUnlistedTypes, rowsChecksum: rows.checksum(0..<segment.count * EventSegment.rowBytes, number),
            restChecksum: restChecksum)
    }
}

/// The event that a compensation means, the compensation by its number among all.
struct FoundTarget: Sendable {
    static let storedSize = 8

    let compensation: Int
    let row: EventTable.Row

    init(_ compensation: Int, _ row: EventTable.Row) {
        (self.compensation, self.row) = (compensation, row)
    }

    /// - Parameter stored: as many bytes as one has.
    init(_ stored: Span<UInt8>) {
        self.init(Int(stored.load(0, as: UInt32.self)), stored.load(4, as: UInt32.self))
    }

    /// u32 compensation, u32 row; little-endian.
    var stored: [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(littleEndian: UInt32(compensation))
        bytes.append(littleEndian: row)
        return bytes
    }
}

extension IdentityAssertion {
    static let storedSize = LinkGraph.storedSize

    /// As ``LinkGraph/stored(_:by:isLink:)``.
    var stored: [UInt8] { LinkGraph.stored(pair, by: row, isLink: isLink) }

    /// - Parameter stored: as many bytes as one has.
    init(_ stored: Span<UInt8>) {
        let (pair, row, isLink) = LinkGraph.assertion(stored)
        self.init(row: row, pair: pair, isLink: isLink)
    }
}

extension Compensation {
    private static let headSize = 21

    /// u32 row, i64 time, u8 whether it voids, u32 lengths of source and id, source, id; little-endian.
    var stored: [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(littleEndian: row)
        bytes.append(littleEndian: time)
        bytes.append(isVoid ? 1 : 0)
        bytes.append(littleEndian: UInt32(source.utf8.count))
        bytes.append(littleEndian: UInt32(id.utf8.count))
        return bytes + source.utf8 + id.utf8
    }

    /// Reads the one that `stored` begins with.
    ///
    /// - Parameter identity: what source and id stand for.
    /// - Returns: it, and how many bytes it has; nil where it has not as many as it says.
    static func read(
        _ stored: Span<UInt8>, identity: (_ source: Span<UInt8>, _ id: Span<UInt8>) -> UInt32
    ) -> (compensation: Compensation, size: Int)? {
        guard stored.count >= headSize else { return nil }
        let (sourceBytes, idBytes) = (Int(stored.load(13, as: UInt32.self)), Int(stored.load(17, as: UInt32.self)))
        let size = headSize + sourceBytes + idBytes
        guard size <= stored.count else { return nil }
        let source = stored.extracting(headSize..<(headSize + sourceBytes))
        let id = stored.extracting((headSize + sourceBytes)..<size)
        let compensation = Compensation(
            row: stored.load(0, as: UInt32.self), time: stored.load(4, as: Int64.self), isVoid: stored[12] == 1,
            source: String(decoding: source.bytes(), as: UTF8.self), id: String(decoding: id.bytes(), as: UTF8.self),
            identity: identity(source, id))
        return (compensation, size)
    }
}
