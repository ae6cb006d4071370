internal import EventLog
internal import JourneyModel

/// What the file of an ``EventSegment`` says of itself, at its end: what it is of, how much there is of what, and the checksums of all of it.
///
/// Little-endian. Each foot has the checksum of the one before, so that the files make a chain: where the last is of this log, all are.
struct SegmentFoot: Sendable, Equatable {
    /// Change it whenever a byte of the files means something else: those of another format are thrown away.
    private static let format: UInt64 = 0x0001_736e_6d75_6c63
    static let size = 84
    private static let unlistedFlag: UInt32 = 1

    /// An event of the log, in a few words: enough to tell it from what another log has at its place.
    struct Anchor: Sendable, Equatable {
        let recordedAt: Int64
        let identity: UInt64
    }

    /// Which log's beginning row 0 is, and how data of older versions was read.
    struct Origin: Sendable, Equatable {
        let first: Position
        let versions: UInt32

        /// What the columns of `log` are of now.
        init(_ log: EventLog) {
            first = log.first
            versions = unsafe log.options.upcasters.canonicalText.withUnsafeBytes { unsafe Checksum.record(0, $0) }
        }

        fileprivate init(first: Position, versions: UInt32) {
            (self.first, self.versions) = (first, versions)
        }
    }

    let origin: Origin
    /// Which segment it is.
    let number: Int
    let rows: Int
    /// The last row's event.
    let last: Anchor
    /// The checksum of the foot of the segment before; zero for the first.
    let previous: UInt32
    /// How many subjects are named here first, and the bytes of their names.
    let names, nameBytes: Int
    let assertions: Int
    let compensations, compensationBytes: Int
    /// How many targets of compensations, of this segment or of one before, are told here.
    let targets: Int
    let hasUnlistedTypes: Bool
    /// Of the rows, and of what is between them and the foot.
    let rowsChecksum, restChecksum: UInt32

    /// Where the last row is in the log.
    var position: Position { origin.first + Position(number << EventSegment.shift + rows) - 1 }

    /// Bytes of the rows.
    var rowBytes: Int { rows * EventSegment.rowBytes }

    /// Bytes of what is between the rows and the foot.
    var restBytes: Int {
        2 * names + nameBytes + assertions * IdentityAssertion.storedSize + compensationBytes + targets * FoundTarget.storedSize
    }

    /// Bytes of the file.
    var fileBytes: Int { rowBytes + restBytes + SegmentFoot.size }

    /// The bytes, and the checksum in the last of them.
    var stored: (bytes: [UInt8], checksum: UInt32) {
        var bytes: [UInt8] = []
        bytes.append(littleEndian: SegmentFoot.format)
        bytes.append(littleEndian: origin.first)
        bytes.append(littleEndian: last.recordedAt)
        bytes.append(littleEndian: last.identity)
        let numbers = [rows, names, nameBytes, assertions, compensations, compensationBytes, targets].map { UInt32($0) }
        for number in [origin.versions, previous] + numbers { bytes.append(littleEndian: number) }
        for number in [hasUnlistedTypes ? SegmentFoot.unlistedFlag : 0, rowsChecksum, restChecksum] { bytes.append(littleEndian: number) }
        let checksum = unsafe bytes.withUnsafeBytes { unsafe Checksum.record(UInt64(number), $0) }
        bytes.append(littleEndian: checksum)
        return (bytes, checksum)
    }
}

extension SegmentFoot {
    /// Reads the foot of segment `number`; nil where it is not what was written.
    init?(_ bytes: Span<UInt8>, number: Int) {
        guard bytes.count == SegmentFoot.size, bytes.load(0, as: UInt64.self) == SegmentFoot.format else { return nil }
        let body = bytes.extracting(0..<(SegmentFoot.size - 4))
        let checksum = unsafe body.withUnsafeBytes { unsafe Checksum.record(UInt64(number), $0) }
        guard checksum == bytes.load(SegmentFoot.size - 4, as: UInt32.self) else { return nil }
        func word(_ index: Int) -> UInt32 { bytes.load(32 + 4 * index, as: UInt32.self) }
        self.init(
            origin: Origin(first: bytes.load(8, as: UInt64.self), versions: word(0)), number: number, rows: Int(word(2)),
            last: Anchor(recordedAt: bytes.load(16, as: Int64.self), identity: bytes.load(24, as: UInt64.self)), previous: word(1),
            names: Int(word(3)), nameBytes: Int(word(4)), assertions: Int(word(5)), compensations: Int(word(6)),
            compensationBytes: Int(word(7)), targets: Int(word(8)), hasUnlistedTypes: word(9) & SegmentFoot.unlistedFlag != 0,
            rowsChecksum: word(10), restChecksum: word(11))
        guard 1...EventSegment.capacity ~= rows else { return nil }
    }
}
