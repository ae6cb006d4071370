internal import Crypto
internal import JourneyModel

/// The chained digest of an epoch: see ``EpochSeal``.
struct EpochDigest {
    private var hash = SHA256()
    // Small pieces are gathered: each update of the hash costs 50 ns whatever its size.
    private var pending: [UInt8] = []

    init(after previous: String) {
        pending.reserveCapacity(1 << 16)
        var rest = previous[...]
        while rest.count >= 2 {
            pending.append(UInt8(rest.prefix(2), radix: 16) ?? 0)
            rest = rest.dropFirst(2)
        }
    }

    mutating func add(_ position: Position, _ record: Span<UInt8>) {
        unsafe pending.append(size: 16 + record.count) { target in
            unsafe target.storeBytes(of: position.littleEndian, as: UInt64.self)
            unsafe target.storeBytes(of: UInt64(record.count).littleEndian, toByteOffset: 8, as: UInt64.self)
            unsafe record.withUnsafeBytes { unsafe UnsafeMutableRawBufferPointer(rebasing: target[16...]).copyMemory(from: $0) }
        }
        if pending.count > 1 << 15 { flush() }
    }

    mutating func finish() -> String {
        flush()
        return hash.finalize().hexadecimal
    }

    private mutating func flush() {
        hash.update(data: pending)
        pending.removeAll(keepingCapacity: true)
    }
}
