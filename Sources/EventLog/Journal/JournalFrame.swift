internal import JourneyModel

/// A commit as it stands in the ``Journal``.
struct JournalFrame {
    /// Frames begin at multiples of this: what a device writes as a whole.
    static let alignment = 512
    private static let magic = Array("JDJ1".utf8)
    private static let headerSize = 36

    let generation: UInt64
    let chunk: RecordChunk
    let names: [(number: UInt32, text: [UInt8])]
    /// Bytes, with those up to the next frame's place.
    let size: Int

    /// Writes the bytes of a frame, filled up to a multiple of ``alignment``, in place of what `frame` holds.
    ///
    /// - Parameter key: the log's own, so that nobody can write events that look like frames.
    static func write(
        _ chunk: RecordChunk, _ names: [(number: UInt32, text: [UInt8])], _ generation: UInt64, key: UInt64, into frame: inout [UInt8]
    ) {
        frame.removeAll(keepingCapacity: true)
        frame.reserveCapacity(headerSize + chunk.bytes.count + 4 * chunk.count + alignment)
        frame += magic + [0, 0, 0, 0]
        frame.append(littleEndian: generation)
        frame.append(littleEndian: chunk.first)
        let length = names.reduce(4 * chunk.count + chunk.bytes.count) { $0 + 8 + $1.text.count }
        for number in [chunk.count, names.count, length] { frame.append(littleEndian: UInt32(number)) }
        for (number, text) in names {
            frame.append(littleEndian: number)
            frame.append(littleEndian: UInt32(text.count))
            frame += text
        }
        chunk.eachLength { frame.append(littleEndian: UInt32($0)) }
        frame += chunk.bytes
        let checksum = unsafe frame[8...].withUnsafeBytes { unsafe Checksum.record(key, $0) }
        for byte in 0..<4 { frame[4 + byte] = UInt8(truncatingIfNeeded: checksum >> UInt32(8 * byte)) }
        frame.append(contentsOf: repeatElement(0, count: filled(frame.count) - frame.count))
    }

    /// The frame at `offset` of `journal`; nil where there is none that is whole.
    init?(_ journal: [UInt8], at offset: Int, key: UInt64) {
        let start = offset + JournalFrame.headerSize
        guard start <= journal.count, journal[offset..<(offset + 4)].elementsEqual(JournalFrame.magic) else { return nil }
        var header = ByteReader(Array(journal[(offset + 4)..<start]))
        guard let checksum = header.number(UInt32.self), let generation = header.number(UInt64.self),
            let first = header.number(UInt64.self), let count = header.number(UInt32.self), let nameCount = header.number(UInt32.self),
            let length = header.number(UInt32.self), start + Int(length) <= journal.count,
            unsafe journal[(offset + 8)..<(start + Int(length))].withUnsafeBytes({ unsafe Checksum.record(key, $0) }) == checksum
        else { return nil }
        var reader = ByteReader(Array(journal[start..<(start + Int(length))]))
        var names: [(number: UInt32, text: [UInt8])] = []
        for _ in 0..<nameCount {
            guard let number = reader.number(UInt32.self), let size = reader.number(UInt32.self), let text = reader.bytes(Int(size)) else {
                return nil
            }
            names.append((number, text))
        }
        var lengths: [Int] = []
        for _ in 0..<count {
            guard let length = reader.number(UInt32.self) else { return nil }
            lengths.append(Int(length))
        }
        guard count > 0, let bytes = reader.bytes(lengths.reduce(0, +)), reader.isAtEnd,
            let chunk = RecordChunk(first: first, bytes: bytes, lengths: lengths)
        else { return nil }
        (self.generation, self.chunk, self.names) = (generation, chunk, names)
        size = JournalFrame.filled(JournalFrame.headerSize + Int(length))
    }

    private static func filled(_ count: Int) -> Int { (count + alignment - 1) / alignment * alignment }
}
