internal import Crypto
internal import JourneyModel
internal import Synchronization

/// The keys of a log at work: what personal data is sealed with, and the pseudonyms that stand for it.
///
/// A subject's key is that of its point in the ``KeyTree``, where the point is a keyed hash of its name. Keys that were used lately are kept
/// at hand, so that most events cost a look-up.
final class KeyRing: Sendable {
    /// A subject's key, and what its pseudonym ends with: that follows from the key, and is gone with it.
    struct SubjectKey {
        let key: SymmetricKey
        let mark: UInt64
    }

    private struct State {
        var store: KeyStore
        var recent: [UInt64: SubjectKey] = [:]
    }

    // About 5 MiB.
    private static let maximumRecent = 1 << 15

    let path: String
    private let log: LogID
    private let masterKey: [UInt8]
    private let points: IdentityHash
    private let values: IdentityHash
    private let state: Mutex<State>

    init(_ store: KeyStore, path: String, log: LogID, masterKey: [UInt8]) {
        (self.path, self.log, self.masterKey) = (path, log, masterKey)
        points = IdentityHash(secret: store.secret[..<16])
        values = IdentityHash(secret: store.secret[16...])
        state = Mutex(State(store: store))
    }

    /// What was erased so far.
    var erasures: [Erasure] { state.withLock { $0.store.erasures } }

    /// Where a subject's key is in the tree.
    func point(_ subject: Span<UInt8>) -> UInt64 { points.subject(subject) }

    /// The key at a point.
    func key(_ point: UInt64) -> SubjectKey {
        state.withLock { state in
            if let known = state.recent[point] { return known }
            let seed = state.store.tree.key(point)
            let mark = SHA256.hash(data: seed + Array("journeyd pseudonym".utf8)).prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            let key = SubjectKey(key: SymmetricKey(data: seed), mark: mark)
            if state.recent.count >= KeyRing.maximumRecent { state.recent.removeAll(keepingCapacity: true) }
            state.recent[point] = key
            return key
        }
    }

    /// What stands in records for a subject whose name tells who a person is: `kind:~` and 32 hexadecimal digits, the subject's point and
    /// the key's mark.
    func pseudonym(subject: Span<UInt8>) -> [UInt8] {
        let point = point(subject)
        var name: [UInt8] = []
        var index = 0
        while index < subject.count, subject[index] != UInt8(ascii: ":") {
            name.append(subject[index])
            index += 1
        }
        name += [UInt8(ascii: ":"), UInt8(ascii: "~")]
        name.append(hexadecimal: point)
        name.append(hexadecimal: key(point).mark)
        return name
    }

    /// The point that a pseudonym of ``pseudonym(subject:)`` tells; nil where it is none.
    static func point(pseudonym: Span<UInt8>) -> UInt64? {
        let start = pseudonym.count - 32
        guard start >= 2, pseudonym[start - 1] == UInt8(ascii: "~"), pseudonym[start - 2] == UInt8(ascii: ":") else { return nil }
        return UInt64(String(decoding: pseudonym.extracting(start..<(start + 16)).bytes(), as: UTF8.self), radix: 16)
    }

    /// What stands in records for a personal value: equal values have equal ones, so that who works with whom can still be counted.
    func pseudonym(value: Span<UInt8>) -> [UInt8] {
        var text = [UInt8(ascii: "\""), UInt8(ascii: "~")]
        text.append(hexadecimal: values.subject(value))
        text.append(UInt8(ascii: "\""))
        return text
    }

    /// Makes what was sealed for these points unreadable for ever, and notes it. Durable when it returns.
    func erase(_ points: [UInt64], _ erasure: Erasure) throws(LogError) {
        var store = state.withLock { $0.store }
        for point in points { store.tree.replant(point) }
        store.erasures.append(erasure)
        try store.write(to: path, log: log, masterKey: masterKey)
        state.withLock { $0 = State(store: store) }
    }

    /// The keys at these points as bytes, to look for them where none should be.
    func keys(_ points: [UInt64]) -> [[UInt8]] {
        let tree = state.withLock { $0.store.tree }
        return points.map { tree.key($0) }
    }
}

extension [UInt8] {
    fileprivate mutating func append(hexadecimal number: UInt64) {
        for shift in stride(from: UInt64(60), through: 0, by: -4) {
            let digit = UInt8(truncatingIfNeeded: number >> shift) & 15
            append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit)
        }
    }
}
