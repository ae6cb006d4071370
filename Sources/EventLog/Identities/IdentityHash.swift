internal import JourneyModel

/// The hash of an event's identity, its source and id: SipHash-2-4 (Aumasson and Bernstein 2012) under the log's own key.
///
/// Stable across starts, as it is written to ``IdentityRun``s; keyed, so that nobody outside can make identities collide.
struct IdentityHash: Sendable {
    private let key: (UInt64, UInt64)

    init(_ log: LogID) {
        key = log.hashKey
    }

    /// - Parameter secret: 16 bytes.
    init(secret: ArraySlice<UInt8>) {
        func word(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) } }
        key = (word(secret.prefix(8)), word(secret.dropFirst(8).prefix(8)))
    }

    /// The hash of a source and an id. Never zero, which marks a free slot.
    func callAsFunction(source: UnsafeRawBufferPointer, id: UnsafeRawBufferPointer) -> UInt64 {
        var state = SipState(key)
        unsafe state.add(source)
        unsafe state.add(id)
        // The lengths keep "ab" + "c" from "a" + "bc".
        let hash = state.finish(UInt64(truncatingIfNeeded: source.count) << 32 | UInt64(truncatingIfNeeded: id.count))
        return hash == 0 ? 1 : hash
    }

    /// The hashes of each event of a batch.
    func callAsFunction(_ batch: EventBatch) -> [EventHashes] {
        let bytes = batch.bytes
        return batch.drafts.map { draft in
            let identity = unsafe bytes.withUnsafeBytes { bytes in
                unsafe self(
                    source: UnsafeRawBufferPointer(rebasing: bytes[draft.source.range]),
                    id: UnsafeRawBufferPointer(rebasing: bytes[draft.id.range]))
            }
            return EventHashes(identity: identity, subject: subject(bytes.span.extracting(draft.subject.range)))
        }
    }

    /// The hash of a subject's name.
    func subject(_ name: Span<UInt8>) -> UInt64 {
        var state = SipState(key)
        unsafe name.withUnsafeBytes { unsafe state.add($0) }
        return state.finish(UInt64(truncatingIfNeeded: name.count))
    }
}

private struct SipState {
    private var v0, v1, v2, v3: UInt64

    init(_ key: (UInt64, UInt64)) {
        v0 = key.0 ^ 0x736f_6d65_7073_6575
        v1 = key.1 ^ 0x646f_7261_6e64_6f6d
        v2 = key.0 ^ 0x6c79_6765_6e65_7261
        v3 = key.1 ^ 0x7465_6462_7974_6573
    }

    /// Adds a text, its last word filled with zeros.
    mutating func add(_ text: UnsafeRawBufferPointer) {
        var offset = 0
        while offset + 8 <= text.count {
            compress(UInt64(littleEndian: unsafe text.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
            offset += 8
        }
        compress(unsafe SipState.rest(of: text, from: offset))
    }

    /// The bytes from `offset` on, fewer than eight, the first lowest.
    private static func rest(of text: UnsafeRawBufferPointer, from offset: Int) -> UInt64 {
        guard text.count < 8 else {
            // Those before it are shifted out; all of them where nothing is left.
            let last = unsafe UInt64(littleEndian: text.loadUnaligned(fromByteOffset: text.count - 8, as: UInt64.self))
            return last >> UInt64(8 * (8 - (text.count - offset)))
        }
        var word: UInt64 = 0
        for index in text.indices.reversed() { word = word << 8 | UInt64(unsafe text[index]) }
        return word
    }

    mutating func finish(_ lengths: UInt64) -> UInt64 {
        compress(lengths)
        v2 ^= 0xff
        for _ in 0..<4 { round() }
        return v0 ^ v1 ^ v2 ^ v3
    }

    @inline(__always)
    private mutating func compress(_ word: UInt64) {
        v3 ^= word
        round()
        round()
        v0 ^= word
    }

    @inline(__always)
    private mutating func round() {
        v0 &+= v1
        v1 = rotated(v1, 13) ^ v0
        v0 = rotated(v0, 32)
        v2 &+= v3
        v3 = rotated(v3, 16) ^ v2
        v0 &+= v3
        v3 = rotated(v3, 21) ^ v0
        v2 &+= v1
        v1 = rotated(v1, 17) ^ v2
        v2 = rotated(v2, 32)
    }

    private func rotated(_ word: UInt64, _ by: UInt64) -> UInt64 {
        word << by | word >> (64 - by)
    }
}

/// The keyed hashes of an event: of its source and id, and of its subject's name.
struct EventHashes: Sendable {
    let identity: UInt64
    let subject: UInt64
}
