internal import JourneyModel

/// That two subjects belong together, or do not any more, as an identity event said it: 16 bytes.
struct LinkAssertion: Sendable, Equatable {
    let pair: LinkGraph.Pair
    /// The entry that it came as.
    let entry: UInt32
    let isLink: Bool

    init(pair: LinkGraph.Pair, entry: UInt32, isLink: Bool) {
        (self.pair, self.entry, self.isLink) = (pair, entry, isLink)
    }

    /// As ``LinkGraph/stored(_:by:isLink:)``.
    var stored: [UInt8] { LinkGraph.stored(pair, by: entry, isLink: isLink) }

    init?(_ stored: Span<UInt8>) {
        guard stored.count == LinkGraph.storedSize else { return nil }
        let (pair, entry, isLink) = LinkGraph.assertion(stored)
        self.init(pair: pair, entry: entry, isLink: isLink)
    }
}

extension LinkGraph {
    /// Bytes of ``stored(_:by:isLink:)``.
    static let storedSize = 13

    /// That an event links or parts a pair: u64 pair, u32 number of the event, u8 whether it links; little-endian.
    static func stored(_ pair: Pair, by event: UInt32, isLink: Bool) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(littleEndian: pair.key)
        bytes.append(littleEndian: event)
        bytes.append(isLink ? 1 : 0)
        return bytes
    }

    /// Reads what ``stored(_:by:isLink:)`` gave.
    static func assertion(_ stored: Span<UInt8>) -> (pair: Pair, event: UInt32, isLink: Bool) {
        (Pair(key: stored.load(0, as: UInt64.self)), stored.load(8, as: UInt32.self), stored[12] == 1)
    }
}

extension CompensationLedger.Compensation {
    /// u32 entry, u32 target plus one (zero where it has not come), u8 whether it voids, u16 length of the source, source, id.
    var stored: [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(littleEndian: entry)
        bytes.append(littleEndian: target.map { $0 + 1 } ?? 0)
        bytes.append(isVoid ? 1 : 0)
        bytes.append(littleEndian: UInt16(source.utf8.count))
        return bytes + source.utf8 + id.utf8
    }

    /// - Parameter entries: where its position and time are.
    init?(_ stored: Span<UInt8>, _ entries: EntryStore) {
        guard stored.count >= 11 else { return nil }
        let (entry, target) = (stored.load(0, as: UInt32.self), stored.load(4, as: UInt32.self))
        let end = 11 + Int(stored.load(9, as: UInt16.self))
        guard end <= stored.count, entry < entries.count, target <= entries.count else { return nil }
        let own = entries.entry(Int(entry)).entry
        self.init(
            entry: entry, position: own.position, time: own.time, isVoid: stored[8] == 1,
            source: String(decoding: stored.extracting(11..<end).bytes(), as: UTF8.self),
            id: String(decoding: stored.extracting(end..<stored.count).bytes(), as: UTF8.self), target: target == 0 ? nil : target - 1)
    }
}
