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

    /// Puts the bytes of a frame, filled up to a multiple of ``alignment``, in place of what `frame` holds.
    ///
    /// - Parameter key: the log's own, so that nobody can write events that look like frames.
    /// - Returns: false where they do not fit.
    static func write(
        _ chunk: RecordChunk, _ names: [(number: UInt32, text: [UInt8])], _ generation: UInt64, key: UInt64, into frame: AlignedBuffer
    ) -> Bool {
        let length = names.reduce(4 * chunk.count + chunk.bytes.count) { $0 + 8 + $1.text.count }
        guard filled(headerSize + length) <= frame.capacity else { return false }
        frame.removeAll()
        frame.append(magic)
        // The checksum's place.
        frame.append(littleEndian: UInt32(0))
        frame.append(littleEndian: generation)
        frame.append(littleEndian: chunk.first)
        for number in [chunk.count, names.count, length] { frame.append(littleEndian: UInt32(number)) }
        for (number, text) in names {
            frame.append(littleEndian: number)
            frame.append(littleEndian: UInt32(text.count))
            frame.append(text)
        }
        chunk.eachLength { frame.append(littleEndian: UInt32($0)) }
        frame.append(chunk.bytes)
        frame.replace(at: 4, with: unsafe Checksum.record(key, UnsafeRawBufferPointer(rebasing: frame.bytes[8...])))
        frame.fill(toMultipleOf: alignment)
        return true
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
