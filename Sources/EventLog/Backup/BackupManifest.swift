package import JourneyModel

/// What a backup holds: a state of the log at one position.
///
/// A text file of lines with a checksum, as the seals are (see ``TextFile``):
///
///     journeyd backup 1
///     log 0f3a…                                       which log
///     position 6500                                   the last event of the state
///     takenat 1772357400000000                        microseconds since 1970
///     sealed 1 1 1000 268435456 9c1f…                 number, first and last position, bytes, digest of its seal
///     unsealed 2 1001 6500 1048576                    the same; an epoch without events ends before it begins
///     file format 77                                  what is in the archive, in this order, and its bytes
///     checksum 9a3f01bc
package struct BackupManifest: Sendable {
    /// An epoch of the state.
    struct Entry: Equatable, Sendable {
        let number: Int
        let first, last: Position
        let size: Int
        /// Nil for one without a seal.
        let digest: String?
    }

    /// A file and its size in bytes.
    struct Item: Equatable, Sendable {
        let file: BackupFile
        let size: Int
    }

    static let name = "manifest"
    static let kind = "backup"
    /// About 60,000 epochs, 15 TB of events.
    static let maximumSize = 16 << 20

    let log: LogID
    /// The last position of the state.
    package let position: Position
    /// When it was taken.
    package let takenAt: Timestamp
    /// Those that have a seal first.
    let epochs: [Entry]
    /// What the archive holds; the rest was there already where it was made for.
    let files: [Item]

    /// The events of the state.
    package var events: Int { Int(position + 1 - (epochs.first?.first ?? position + 1)) }

    /// How many epochs the state has.
    package var epochCount: Int { epochs.count }

    /// How many of the epochs are in the archive.
    package var includedEpochs: Int { files.count { if case .data = $0.file { true } else { false } } }

    /// Whether it has the key store of personal fields.
    package var hasKeys: Bool { files.contains { $0.file == .keys } }

    /// Whether nothing is left out: the archive can be restored alone.
    var isComplete: Bool { includedEpochs == epochs.count }

    /// The epoch of this number. O(1): they follow each other.
    func epoch(_ number: Int) -> Entry? {
        guard let first = epochs.first?.number, epochs.indices.contains(number - first) else { return nil }
        return epochs[number - first]
    }

    /// A name of the state, unlike that of any other state of the log.
    var state: String { "\(position)-\(takenAt.microseconds)" }

    /// Bytes of the whole archive.
    package var archiveSize: Int {
        files.reduce(TarHeader.memberSize(text.bytes(kind: BackupManifest.kind).count)) { $0 + TarHeader.memberSize($1.size) }
            + TarHeader.memberSize(ArchiveDigest.size) + TarHeader.end.count
    }

    /// The files of a state in their order: an epoch's seal comes when the rest of it is there.
    ///
    /// - Parameter isIncluded: which of the sealed epochs; the others always are.
    static func files(of epochs: [Entry], hasKeys: Bool, _ isIncluded: (Entry) -> Bool) -> [BackupFile] {
        var files: [BackupFile] = [.format]
        if let first = epochs.first, first.number > 1 { files.append(.retained) }
        for epoch in epochs where epoch.digest == nil || isIncluded(epoch) {
            files += [.about(epoch.number), .data(epoch.number)]
            if epoch.digest != nil { files.append(.seal(epoch.number)) }
        }
        if hasKeys { files.append(.keys) }
        return files
    }
}

// MARK: - As text

extension BackupManifest {
    var text: TextFile {
        var file = TextFile()
        file.add("log", log.text)
        file.add("position", position)
        file.add("takenat", takenAt.microseconds)
        for epoch in epochs {
            let facts = "\(epoch.number) \(epoch.first) \(epoch.last) \(epoch.size)"
            if let digest = epoch.digest { file.add("sealed", "\(facts) \(digest)") } else { file.add("unsealed", facts) }
        }
        for item in files { file.add("file", "\(item.file.name) \(item.size)") }
        return file
    }

    /// Reads a manifest and refuses one that cannot be: epochs that do not follow each other, files that are none of its epochs'.
    ///
    /// - Parameter path: what to call it in an error.
    init(_ text: TextFile, path: String) throws(LogError) {
        func refused(_ reason: String) -> LogError { .unusable("\(path) is not the manifest of a backup: \(reason)") }
        guard let log = LogID(text["log"]), let position = text["position"].flatMap(Position.init), position < 1 << 40,
            let takenAt = text["takenat"].flatMap({ Int64($0) })
        else { throw refused("it names no log, position or moment") }
        var epochs: [Entry] = []
        var files: [Item] = []
        for line in text.lines {
            switch line.name {
            case "sealed", "unsealed":
                guard let epoch = Entry(line.value, isSealed: line.name == "sealed") else { throw refused("'\(line.value)' is no epoch") }
                if let last = epochs.last, epoch.number != last.number + 1 || epoch.first != last.last + 1 {
                    throw refused("epoch \(epoch.number) does not follow epoch \(last.number)")
                }
                guard epochs.last?.digest != nil || epochs.isEmpty || epoch.digest == nil else {
                    throw refused("a seal behind an epoch without")
                }
                epochs.append(epoch)
            case "file":
                guard let item = Item(line.value) else { throw refused("'\(line.value)' is no file of a backup") }
                files.append(item)
            default: break
            }
        }
        guard let last = epochs.last, last.digest == nil, last.last == position, epochs[0].number > 1 || epochs[0].first == 1 else {
            throw refused("its epochs do not end at its position")
        }
        let names = files.map(\.file)
        let included = Set(names)
        let expected = BackupManifest.files(of: epochs, hasKeys: included.contains(.keys)) { included.contains(.data($0.number)) }
        guard names == expected else { throw refused("its files are not those of its epochs") }
        (self.log, self.position, self.epochs, self.files) = (log, position, epochs, files)
        self.takenAt = Timestamp(microseconds: takenAt)
        for item in files {
            if case .data(let number) = item.file, epoch(number)?.size != item.size { throw refused("epoch \(number) has two sizes") }
        }
    }
}

extension BackupManifest.Entry {
    fileprivate init?(_ line: String, isSealed: Bool) {
        let parts = line.split(separator: " ")
        guard parts.count == (isSealed ? 5 : 4), let number = Int(parts[0]), 1..<100_000_000 ~= number, let first = Position(parts[1]),
            first > 0, let last = Position(parts[2]), last < 1 << 40, last >= first - (isSealed ? 0 : 1), let size = Int(parts[3]),
            0...BackupFile.data(number).maximumSize ~= size
        else { return nil }
        if isSealed { guard parts[4].utf8.count == 64, parts[4].allSatisfy(\.isHexDigit) else { return nil } }
        self.init(number: number, first: first, last: last, size: size, digest: isSealed ? String(parts[4]) : nil)
    }
}

extension BackupManifest.Item {
    fileprivate init?(_ line: String) {
        let parts = line.split(separator: " ")
        guard parts.count == 2, let file = BackupFile(String(parts[0])), let size = Int(parts[1]), 0...file.maximumSize ~= size else {
            return nil
        }
        self.init(file: file, size: size)
    }
}
