internal import JourneyModel

/// Which log a directory belongs to.
///
/// Sixteen random bytes, made when the log begins: they tell its epochs from those of another log, and key the hashes of its
/// identities, so that nobody who does not read the directory can choose identities that collide.
struct LogID: Equatable, Sendable {
    let text: String

    init() {
        var generator = SystemRandomNumberGenerator()
        text = (0..<2).map { _ in (generator.next() as UInt64).hexadecimal }.joined()
    }

    init?(_ text: String?) {
        guard let text, text.utf8.count == 32, text.allSatisfy(\.isHexDigit) else { return nil }
        self.text = text
    }

    /// The key of the identities' hashes.
    var hashKey: (UInt64, UInt64) {
        (UInt64(text.prefix(16), radix: 16) ?? 0, UInt64(text.suffix(16), radix: 16) ?? 0)
    }
}

/// What an epoch's directory says of itself: `DIR/log/0000000N/about`, written before its first event.
struct EpochAbout: Equatable, Sendable {
    let log: LogID
    let number: Int
    /// The position of its first event.
    let first: Position

    static func read(_ directory: String) throws(LogError) -> EpochAbout? {
        guard let file = try TextFile(path: directory + "/about", kind: kind) else { return nil }
        guard let log = LogID(file["log"]), let number = file["epoch"].flatMap(Int.init), let first = file["first"].flatMap(Position.init)
        else { throw .unusable("\(directory)/about lacks a line; restore it from a backup") }
        return EpochAbout(log: log, number: number, first: first)
    }

    func write(_ directory: String) throws(LogError) {
        try text.write(to: directory + "/about", kind: EpochAbout.kind)
    }

    static let kind = "epoch"

    var text: TextFile {
        var file = TextFile()
        file.add("log", log.text)
        file.add("epoch", number)
        file.add("first", first)
        return file
    }
}

/// What is kept of a sealed epoch outside of it: `DIR/log/0000000N.seal`. With it a missing, swapped or cut epoch is noticed.
///
/// `digest` is SHA-256 (FIPS 180-4) over the digest of the epoch before (32 bytes, zeros before the first) and then each record: its
/// position and its length (8 bytes each, little-endian) and its bytes. So each seal vouches for all that came before.
struct EpochSeal: Equatable, Sendable {
    let log: LogID
    let number: Int
    let first, last: Position
    /// Bytes of `data.mdb`.
    let size: Int
    /// When its last event was stored: what retention by age goes by.
    let recordedAt: Timestamp
    let previous, digest: String

    /// How many events it holds.
    var count: Int { Int(last - first) + 1 }

    static let noDigest = String(repeating: "0", count: 64)

    static func read(_ path: String) throws(LogError) -> EpochSeal? {
        guard let file = try TextFile(path: path, kind: kind) else { return nil }
        func number<Number: FixedWidthInteger>(_ name: String) -> Number? { file[name].flatMap { Number($0) } }
        guard let log = LogID(file["log"]), let epoch: Int = number("epoch"), let first: Position = number("first"),
            let last: Position = number("last"), first > 0, last >= first, let size: Int = number("bytes"),
            let time: Int64 = number("recordedat"),
            let previous = file["previous"], let digest = file["digest"]
        else { throw .unusable("\(path) lacks a line; restore it from a backup") }
        return EpochSeal(
            log: log, number: epoch, first: first, last: last, size: size, recordedAt: Timestamp(microseconds: time),
            previous: previous, digest: digest)
    }

    func write(_ path: String) throws(LogError) {
        try text.write(to: path, kind: EpochSeal.kind)
    }

    static let kind = "seal"

    var text: TextFile {
        var file = TextFile()
        file.add("log", log.text)
        file.add("epoch", number)
        file.add("first", first)
        file.add("last", last)
        file.add("bytes", size)
        file.add("recordedat", recordedAt.microseconds)
        file.add("previous", previous)
        file.add("digest", digest)
        return file
    }
}

/// Where the log begins since retention took away what was before: `DIR/log/retained`.
struct Retained: Sendable {
    /// The number of the first epoch.
    let epoch: Int
    /// Its first position.
    let first: Position

    /// - Returns: the beginning, where there is no such file.
    static func read(_ root: String) throws(LogError) -> Retained {
        guard let file = try TextFile(path: root + "/retained", kind: kind) else { return Retained(epoch: 1, first: 1) }
        guard let epoch = file["epoch"].flatMap(Int.init), let first = file["first"].flatMap(Position.init), epoch > 0, first > 0 else {
            throw .unusable("\(root)/retained lacks a line; restore it from a backup")
        }
        return Retained(epoch: epoch, first: first)
    }

    func write(_ root: String) throws(LogError) {
        try text.write(to: root + "/retained", kind: Retained.kind)
    }

    static let kind = "retention"

    var text: TextFile {
        var file = TextFile()
        file.add("epoch", epoch)
        file.add("first", first)
        return file
    }
}
