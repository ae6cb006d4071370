package import JourneyModel

/// The stored form of an event. Little-endian:
///
///     0  u32  CRC-32C of the position (8 bytes, big-endian) and of everything behind this field
///     4  u8   format: 1, or 2 where a part is sealed
///     5  u8   flags: 1 = the time is the moment of receipt, 2 = the type is not a symbol, 4 = the source is not a symbol,
///             8 = the subject is a pseudonym, 16 = the account is a pseudonym
///     6  u16  bytes of id
///     8  i64  time, microseconds since 1970
///    16  i64  recorded at, microseconds since 1970
///    24  u32  symbol of the type, or bytes of the type
///    28  u32  symbol of the source, or bytes of the source
///    32  u32  uid of the emitter
///    36  u16  bytes of subject
///    38  u16  bytes of account
///    40  u32  bytes of extensions
///    44  u32  bytes of the sealed part (``SealedText``); in format 2 only
///             type and source where they are not symbols, id, subject, account, extensions, sealed part, data: the last takes the rest
///
/// 44 bytes an event beside its own text, 48 where a part is sealed; LMDB adds 18 (key, node header, slot).
package struct EventRecord: Sendable {
    static let headerSize = 44
    static let format: UInt8 = 1
    static let sealedFormat: UInt8 = 2
    private static let timeIsReceiptFlag: UInt8 = 1
    private static let typeIsTextFlag: UInt8 = 2
    private static let sourceIsTextFlag: UInt8 = 4
    private static let subjectIsPseudonymFlag: UInt8 = 8
    private static let accountIsPseudonymFlag: UInt8 = 16
    /// Stands for a type or a source that is no symbol: the log keeps fewer than this many symbols, so that memory and start stay bounded.
    package static let unlisted: UInt32 = 65_535

    package let position: Position
    package let time: Timestamp
    package let recordedAt: Timestamp
    package let timeIsReceipt: Bool
    /// The log's symbols of type and source, or ``unlisted``: ``EventLog/type(_:_:)`` tells the text.
    package let type: UInt32
    package let source: UInt32
    /// Where the texts of an unlisted type and source lie.
    let typeText: Range<Int>
    let sourceText: Range<Int>
    package let emitter: UInt32
    /// Where the texts lie in the stored bytes.
    package let id: Range<Int>
    package let subject: Range<Int>
    package let account: Range<Int>
    package private(set) var extensions: Range<Int>
    /// `data` as it is in the clear: pseudonyms stand for what is personal.
    package private(set) var data: Range<Int>
    /// Where these two lie as they were stored, where they were of an older version of the type's data.
    private(set) var storedExtensions: Range<Int>
    private(set) var storedData: Range<Int>
    /// Where the sealed part lies; empty where there is none.
    let sealed: Range<Int>
    let subjectIsPseudonym: Bool

    /// Reads the record stored at `position`.
    ///
    /// - Throws: ``LogError/damaged(position:reason:)`` where the checksum, the format or a length is wrong.
    package init(_ bytes: Span<UInt8>, position: Position) throws(LogError) {
        guard bytes.count >= EventRecord.headerSize else {
            throw .damaged(position: position, reason: "it has \(bytes.count) bytes, fewer than a header")
        }
        let header = unsafe bytes.withUnsafeBytes { raw in
            let body = unsafe UnsafeRawBufferPointer(rebasing: raw[4...])
            return unsafe Header(raw, intact: Checksum.record(position, body) == Header.load(raw, 0, as: UInt32.self))
        }
        guard header.isIntact else { throw .damaged(position: position, reason: "its checksum does not match") }
        guard header.format == EventRecord.format || header.format == EventRecord.sealedFormat else {
            throw .damaged(
                position: position, reason: "its format is \(header.format), this program reads up to \(EventRecord.sealedFormat)")
        }
        let isSealed = header.format == EventRecord.sealedFormat
        var end = EventRecord.headerSize + (isSealed ? 4 : 0)
        func next(_ count: Int) -> Range<Int> {
            defer { end += count }
            return end..<(end + count)
        }
        let (typeIsText, sourceIsText) = (header.flags & EventRecord.typeIsTextFlag != 0, header.flags & EventRecord.sourceIsTextFlag != 0)
        typeText = next(typeIsText ? Int(header.type) : 0)
        sourceText = next(sourceIsText ? Int(header.source) : 0)
        id = next(header.idCount)
        subject = next(header.subjectCount)
        account = next(header.accountCount)
        extensions = next(header.extensionsCount)
        sealed = next(
            isSealed && bytes.count >= EventRecord.headerSize + 4 ? Int(bytes.number(EventRecord.headerSize, as: UInt32.self)) : 0)
        subjectIsPseudonym = header.flags & EventRecord.subjectIsPseudonymFlag != 0
        guard end <= bytes.count else { throw .damaged(position: position, reason: "its texts are longer than the record") }
        data = end..<bytes.count
        (storedExtensions, storedData) = (extensions, data)
        self.position = position
        time = Timestamp(microseconds: header.time)
        recordedAt = Timestamp(microseconds: header.recordedAt)
        timeIsReceipt = header.flags & EventRecord.timeIsReceiptFlag != 0
        type = typeIsText ? EventRecord.unlisted : header.type
        source = sourceIsText ? EventRecord.unlisted : header.source
        emitter = header.emitter
    }

    /// This record with its data in the current version, and the bytes that it is of then: the stored ones, and behind them what became of
    /// extension attributes and data. Nil where it is of the current version already.
    func current(_ bytes: Span<UInt8>, _ type: String, _ upcaster: Upcaster) -> (record: EventRecord, bytes: [UInt8])? {
        let stored = (bytes.extracting(storedExtensions).bytes(), bytes.extracting(storedData).bytes())
        guard let (newExtensions, newData) = upcaster.current(type, extensions: stored.0, data: stored.1) else { return nil }
        var record = self
        record.extensions = bytes.count..<(bytes.count + newExtensions.count)
        record.data = record.extensions.upperBound..<(record.extensions.upperBound + newData.count)
        return (record, bytes.bytes() + newExtensions + newData)
    }

    /// What a draft is stored with beside its own texts.
    struct Stamp {
        let position: Position
        let recordedAt: Timestamp
        let emitter: UInt32
        /// Symbols, or ``EventRecord/unlisted``.
        let type, source: UInt32
    }

    /// How many bytes `text` takes as a record.
    static func size(_ text: RecordText, _ stamp: Stamp) -> Int {
        headerSize + (text.sealed.isEmpty ? 0 : 4) + (stamp.type == unlisted ? text.type.count : 0)
            + (stamp.source == unlisted ? text.source.count : 0) + text.id.count + text.subject.count + text.account.count
            + text.extensions.count + text.sealed.count + text.data.count
    }

    /// Writes `text` as a record into `target`, which has just its size.
    static func write(
        _ text: RecordText, of bytes: UnsafeRawBufferPointer, _ stamp: Stamp, into target: UnsafeMutableRawBufferPointer
    ) {
        let (typeIsText, sourceIsText) = (stamp.type == unlisted, stamp.source == unlisted)
        var flags = (text.timeIsReceipt ? timeIsReceiptFlag : 0) | (typeIsText ? typeIsTextFlag : 0) | (sourceIsText ? sourceIsTextFlag : 0)
        flags |= (text.subjectIsPseudonym ? subjectIsPseudonymFlag : 0) | (text.accountIsPseudonym ? accountIsPseudonymFlag : 0)
        unsafe store(text.sealed.isEmpty ? format : sealedFormat, target, 4)
        unsafe store(flags, target, 5)
        unsafe store(UInt16(text.id.count), target, 6)
        unsafe store(text.time.microseconds, target, 8)
        unsafe store(stamp.recordedAt.microseconds, target, 16)
        unsafe store(typeIsText ? UInt32(text.type.count) : stamp.type, target, 24)
        unsafe store(sourceIsText ? UInt32(text.source.count) : stamp.source, target, 28)
        unsafe store(stamp.emitter, target, 32)
        unsafe store(UInt16(text.subject.count), target, 36)
        unsafe store(UInt16(text.account.count), target, 38)
        unsafe store(UInt32(text.extensions.count), target, 40)
        var end = headerSize
        if !text.sealed.isEmpty {
            unsafe store(UInt32(text.sealed.count), target, end)
            end += 4
        }
        if typeIsText { unsafe copy(text.type, bytes, target, &end) }
        if sourceIsText { unsafe copy(text.source, bytes, target, &end) }
        unsafe copy(text.id, bytes, target, &end)
        unsafe copy(text.subject, bytes, target, &end)
        unsafe copy(text.account, bytes, target, &end)
        unsafe copy(text.extensions, bytes, target, &end)
        unsafe copy(text.sealed, bytes, target, &end)
        unsafe copy(text.data, bytes, target, &end)
        let checksum = unsafe Checksum.record(stamp.position, UnsafeRawBufferPointer(rebasing: target[4...]))
        unsafe store(checksum, target, 0)
    }

    private static func copy(
        _ range: Range<Int>, _ bytes: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer, _ end: inout Int
    ) {
        guard !range.isEmpty else { return }
        unsafe UnsafeMutableRawBufferPointer(rebasing: target[end...]).copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[range]))
        end += range.count
    }

    private static func store<Number: FixedWidthInteger>(_ number: Number, _ target: UnsafeMutableRawBufferPointer, _ offset: Int) {
        unsafe target.storeBytes(of: number.littleEndian, toByteOffset: offset, as: Number.self)
    }
}

/// The fixed part of a record, copied out.
private struct Header {
    let isIntact: Bool
    let format: UInt8
    let flags: UInt8
    let time, recordedAt: Int64
    let type, source, emitter: UInt32
    let idCount, subjectCount, accountCount, extensionsCount: Int

    init(_ raw: UnsafeRawBufferPointer, intact: Bool) {
        isIntact = intact
        unsafe format = raw[4]
        unsafe flags = raw[5]
        unsafe idCount = Int(Header.load(raw, 6, as: UInt16.self))
        unsafe time = Header.load(raw, 8, as: Int64.self)
        unsafe recordedAt = Header.load(raw, 16, as: Int64.self)
        unsafe type = Header.load(raw, 24, as: UInt32.self)
        unsafe source = Header.load(raw, 28, as: UInt32.self)
        unsafe emitter = Header.load(raw, 32, as: UInt32.self)
        unsafe subjectCount = Int(Header.load(raw, 36, as: UInt16.self))
        unsafe accountCount = Int(Header.load(raw, 38, as: UInt16.self))
        unsafe extensionsCount = Int(Header.load(raw, 40, as: UInt32.self))
    }

    static func load<Number: FixedWidthInteger>(_ raw: UnsafeRawBufferPointer, _ offset: Int, as type: Number.Type) -> Number {
        unsafe Number(littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: type))
    }
}

extension Span<UInt8> {
    /// A little-endian number at an offset that is within.
    fileprivate func number<Number: FixedWidthInteger>(_ offset: Int, as type: Number.Type) -> Number {
        unsafe withUnsafeBytes { unsafe Header.load($0, offset, as: type) }
    }
}
