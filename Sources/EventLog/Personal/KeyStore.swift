internal import Crypto
internal import FoundationEssentials
internal import Glibc
package import JourneyModel

/// What the file `DIR/keys` holds: the seeds that personal data is encrypted under, and what was erased so far.
///
/// The file is rewritten whole and sealed under the master key with AES-256-GCM: a random nonce of 12 bytes, the ciphertext, a tag of 16.
/// The plaintext, little-endian:
///
///     u8   format (1)
///     32   the secrets of points (16) and of values (16)
///     u32  how many erasures; each: i64 time, u64 position, u32 journeys, u32 subjects, u64 events
///     u32  how many nodes of the key tree; each: u64 path, u8 depth, 32 bytes of seed
struct KeyStore: Equatable, Sendable {
    private static let format: UInt8 = 1
    static let secretSize = 32
    private static let maximumSize = 1 << 30

    var tree: KeyTree
    let secret: [UInt8]
    var erasures: [Erasure]

    /// A new store.
    init() {
        tree = KeyTree()
        secret = Array(KeyTree.randomSeed().prefix(KeyStore.secretSize))
        erasures = []
    }

    /// Reads the store of `log`, or returns nil where there is no file.
    ///
    /// - Throws: ``LogError/unusable(_:)`` where it is not what was written, or was written under another master key.
    init?(path: String, log: LogID, masterKey: [UInt8]) throws(LogError) {
        guard let size = Epoch.size(path) else { return nil }
        guard size < KeyStore.maximumSize, let file = FileManager.default.contents(atPath: path) else {
            throw .unusable("cannot read \(path): \(SystemError.last)")
        }
        let plain: [UInt8]
        do {
            let box = try AES.GCM.SealedBox(combined: file)
            plain = Array(try AES.GCM.open(box, using: SymmetricKey(data: masterKey), authenticating: Array(log.text.utf8)))
        } catch {
            throw .unusable("\(path) is damaged, or the key file is another one than it was written with; restore both from a backup")
        }
        guard let store = KeyStore(plain) else { throw .unusable("\(path) is of a format that this version does not know") }
        self = store
    }

    private init?(_ bytes: [UInt8]) {
        var reader = ByteReader(bytes)
        guard reader.number(UInt8.self) == KeyStore.format, let secret = reader.bytes(KeyStore.secretSize),
            let erasureCount = reader.number(UInt32.self)
        else { return nil }
        var erasures: [Erasure] = []
        for _ in 0..<erasureCount {
            guard let time = reader.number(Int64.self), let position = reader.number(UInt64.self),
                let journeys = reader.number(UInt32.self),
                let subjects = reader.number(UInt32.self), let events = reader.number(UInt64.self)
            else { return nil }
            erasures.append(
                Erasure(
                    time: Timestamp(microseconds: time), position: position, journeys: Int(journeys), subjects: Int(subjects),
                    events: Int(events)))
        }
        guard let nodeCount = reader.number(UInt32.self) else { return nil }
        var nodes: [KeyTree.Node] = []
        for _ in 0..<nodeCount {
            guard let path = reader.number(UInt64.self), let depth = reader.number(UInt8.self), let seed = reader.bytes(KeyTree.seedSize)
            else { return nil }
            nodes.append(KeyTree.Node(path: path, depth: Int(depth), seed: seed))
        }
        guard reader.isAtEnd, let tree = KeyTree(nodes) else { return nil }
        (self.tree, self.secret, self.erasures) = (tree, secret, erasures)
    }

    /// Replaces the file durably, and then overwrites what the old one held: its blocks are free now and must not keep a key.
    func write(to path: String, log: LogID, masterKey: [UInt8]) throws(LogError) {
        let sealed: [UInt8]
        do {
            let key = SymmetricKey(data: masterKey)
            sealed = try AES.GCM.seal(plain, using: key, authenticating: Array(log.text.utf8)).combined.map { Array($0) } ?? []
        } catch {
            throw .unusable("the keys cannot be sealed: \(error)")
        }
        let old = unsafe open(path, O_WRONLY | O_CLOEXEC)
        defer { if old >= 0 { close(old) } }
        let oldSize = Epoch.size(path) ?? 0
        try DurableFile.replace(path, with: sealed)
        guard old >= 0 else { return }
        let zeros = [UInt8](repeating: 0, count: oldSize)
        // The file has no name any more: where this fails, its blocks are free all the same.
        _ = unsafe pwrite(old, zeros, zeros.count, 0)
        _ = fdatasync(old)
    }

    private var plain: [UInt8] {
        var bytes = [KeyStore.format] + secret
        bytes.append(littleEndian: UInt32(erasures.count))
        for erasure in erasures {
            bytes.append(littleEndian: erasure.time.microseconds)
            bytes.append(littleEndian: erasure.position)
            bytes.append(littleEndian: UInt32(erasure.journeys))
            bytes.append(littleEndian: UInt32(erasure.subjects))
            bytes.append(littleEndian: UInt64(erasure.events))
        }
        bytes.append(littleEndian: UInt32(tree.nodes.count))
        for node in tree.nodes {
            bytes.append(littleEndian: node.path)
            bytes.append(UInt8(node.depth))
            bytes += node.seed
        }
        return bytes
    }
}

/// One act of erasing: what is kept of it, beside that what was erased cannot be read.
package struct Erasure: Equatable, Sendable {
    package let time: Timestamp
    /// The log's last position then.
    package let position: Position
    package let journeys, subjects, events: Int
}

/// The key of the key store: 32 bytes in a file that only the daemon's user may read.
enum MasterKey {
    private static let size = 32

    /// Reads the key at `path`: 64 hexadecimal digits, or 32 bytes as they are.
    ///
    /// - Throws: ``LogError/unusable(_:)`` where others may read the file, or it holds no key.
    static func read(_ path: String) throws(LogError) -> [UInt8] {
        var status = stat()
        guard unsafe stat(path, &status) == 0, let file = FileManager.default.contents(atPath: path) else {
            throw .unusable("cannot read the key file \(path): \(SystemError.last); restore it, or name another with log: keyFile")
        }
        // Of a service's credentials systemd gives the group's bits to an access control list that has nobody but the service's user in it.
        let forbidden: mode_t = isCredential(path) ? 0o007 : 0o077
        guard status.st_mode & forbidden == 0 else {
            let mode = String(status.st_mode & 0o777, radix: 8)
            throw .unusable("the key file \(path) has mode 0\(mode), so that others may use it: chmod 0600 \(path)")
        }
        if file.count == size { return Array(file) }
        let digits = file.filter { $0 > 0x20 }
        var key: [UInt8] = []
        for place in stride(from: 0, to: digits.count - 1, by: 2) {
            guard let byte = UInt8(String(decoding: digits[(digits.startIndex + place)...].prefix(2), as: UTF8.self), radix: 16) else {
                break
            }
            key.append(byte)
        }
        guard key.count == size, digits.count == 2 * size else {
            throw .unusable("the key file \(path) holds no key: 64 hexadecimal digits are one, or 32 bytes")
        }
        return key
    }

    private static func isCredential(_ path: String) -> Bool {
        guard let directory = unsafe getenv("CREDENTIALS_DIRECTORY") else { return false }
        return path.hasPrefix(unsafe String(cString: directory) + "/")
    }

    /// Makes a new key file, for its owner only.
    static func create(_ path: String) throws(LogError) {
        let digits = KeyTree.randomSeed().hexadecimal
        try DurableFile.replace(path, with: Array((digits + "\n").utf8))
    }
}

/// Reads numbers and bytes one after the other, to the end and not beyond.
struct ByteReader {
    private let bytes: [UInt8]
    private var offset = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { offset == bytes.count }

    mutating func bytes(_ count: Int) -> [UInt8]? {
        guard count >= 0, bytes.count - offset >= count else { return nil }
        defer { offset += count }
        return Array(bytes[offset..<(offset + count)])
    }

    mutating func number<Number: FixedWidthInteger>(_ type: Number.Type) -> Number? {
        guard let bytes = bytes(Number.bitWidth / 8) else { return nil }
        return bytes.reversed().reduce(0) { $0 << 8 | Number(truncatingIfNeeded: $1) }
    }
}
