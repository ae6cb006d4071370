internal import Crypto
internal import Glibc
internal import JourneyModel
internal import LMDB
internal import Synchronization

/// A state of the log at one position, on its way out as an archive.
///
/// While it lives, retention leaves the files that it names. Derived things (identities, views) are no part of it, nor is the master key.
package final class Backup: Sendable {
    private enum Content {
        case bytes([UInt8])
        case file(path: String)
        case copy(EpochCopy)
    }

    private static let pieceSize = 256 << 10

    package let manifest: BackupManifest
    private let contents: [Content]
    private let pin: EpochPin

    /// Takes over the pin that `moment` holds.
    fileprivate init(_ moment: BackupMoment, _ log: EventLog, having known: [Int: String]) throws(LogError) {
        pin = moment.pin
        var entries: [BackupManifest.Entry] = []
        for epoch in moment.epochs {
            // Epochs are sealed in order and meanwhile: one that got its seal after the one before was looked at goes without.
            let isChained = entries.last.map { $0.digest != nil } ?? true
            let entry = try Backup.entry(epoch, moment, seal: isChained ? epoch.seal : nil)
            if let damage = epoch.damage, known[entry.number] == nil || known[entry.number] != entry.digest {
                throw .damaged(position: epoch.first, reason: damage)
            }
            entries.append(entry)
        }
        let files = BackupManifest.files(of: entries, hasKeys: moment.keys != nil) { known[$0.number] != $0.digest }
        let found = Dictionary(moment.epochs.map { ($0.number, $0) }) { first, _ in first }
        var (items, contents): ([BackupManifest.Item], [Content]) = ([], [])
        for file in files {
            let (content, size) = Backup.content(of: file, found, log, moment)
            items.append(BackupManifest.Item(file: file, size: size))
            contents.append(content)
        }
        manifest = BackupManifest(log: log.epochs.log, position: moment.position, takenAt: .now, epochs: entries, files: items)
        self.contents = contents
    }

    private static func entry(_ epoch: Epoch, _ moment: BackupMoment, seal: EpochSeal?) throws(LogError) -> BackupManifest.Entry {
        // Asked first: it may have ended, and even have been sealed, since the moment.
        if epoch === moment.live {
            return .init(number: epoch.number, first: epoch.first, last: moment.position, size: moment.copy.size, digest: nil)
        }
        if let seal {
            return .init(number: epoch.number, first: epoch.first, last: seal.last, size: seal.size, digest: seal.digest)
        }
        guard let last = epoch.last, let size = Epoch.size(epoch.file) else {
            throw .damaged(position: epoch.first, reason: epoch.damage ?? "\(epoch.file) is missing")
        }
        return .init(number: epoch.number, first: epoch.first, last: last, size: size, digest: nil)
    }

    /// The small files are written anew from what they say: their bytes are the same, and nothing can change them in between.
    private static func content(
        of file: BackupFile, _ epochs: [Int: Epoch], _ log: EventLog, _ moment: BackupMoment
    ) -> (Content, size: Int) {
        func small(_ text: TextFile?, _ kind: String) -> (Content, size: Int) {
            let bytes = text?.bytes(kind: kind) ?? []
            return (.bytes(bytes), bytes.count)
        }
        let id = log.epochs.log
        switch file {
        case .format: return small(EpochList.format(of: id, hasKeys: log.keys != nil || log.epochs.hasKeys), EpochList.formatKind)
        case .retained:
            let first = epochs.values.min { $0.number < $1.number }
            return small(first.map { Retained(epoch: $0.number, first: $0.first).text }, Retained.kind)
        case .keys: return (.bytes(moment.keys ?? []), moment.keys?.count ?? 0)
        case .about(let number):
            return small(epochs[number].map { EpochAbout(log: id, number: number, first: $0.first).text }, EpochAbout.kind)
        case .seal(let number): return small(epochs[number]?.seal?.text, EpochSeal.kind)
        case .data(let number):
            guard let epoch = epochs[number] else { return (.bytes([]), 0) }
            if epoch === moment.live { return (.copy(moment.copy), moment.copy.size) }
            return (.file(path: epoch.file), epoch.seal?.size ?? Epoch.size(epoch.file) ?? 0)
        }
    }
}

/// What is settled between two commits.
private struct BackupMoment: Sendable {
    let position: Position
    let epochs: [Epoch]
    let live: Epoch
    let copy: EpochCopy
    /// The key store as it is: erasing overwrites the old one, and never between the same two commits.
    let keys: [UInt8]?
    let pin: EpochPin
}

extension EventLog {
    /// Settles a backup of this moment; writing goes on when this returns.
    ///
    /// - Parameter known: the sealed epochs that the caller has, with the digests of their seals.
    /// - Throws: ``LogError/damaged(position:reason:)`` where an epoch that the caller has not got cannot be read: a backup of it would not
    ///   be one. Blocks for at most a commit: not for an event loop.
    /// - Complexity: O(epochs), and one pause of the writer of less than a millisecond.
    package func backup(having known: [Int: String] = [:]) throws(LogError) -> Backup {
        if let reason = epochs.missingEnd { throw .damaged(position: tail + 1, reason: reason) }
        let arrival = Arrival<Result<BackupMoment, LogError>>()
        try pause { [epochs, directory] position in
            do throws(LogError) {
                let pin = EpochPin(epochs)
                let all = epochs.all
                guard let live = all.last else { throw .closed }
                let copy = try EpochCopy(try live.open())
                let keys = try Descriptor(directory + "/" + BackupFile.keys.name)?.readAll()
                arrival.come(.success(BackupMoment(position: position, epochs: all, live: live, copy: copy, keys: keys, pin: pin)))
            } catch {
                arrival.come(.failure(error))
            }
        }
        guard let result = arrival.wait() else { throw .closed }
        return try Backup(try result.get(), self, having: known)
    }

    /// Calls `body` between two commits. A log that takes no events has nobody who could write.
    private func pause(_ body: @escaping @Sendable (Position) -> Void) throws(LogError) {
        if readOnlyReason != nil { return body(tail) }
        try writer.submit(AppendRequest(order: .pause(body)) { _ in })
    }
}

// MARK: - As an archive

extension Backup {
    /// Writes the archive, piece by piece, until `send` returns false.
    ///
    /// - Throws: ``LogError/damaged(position:reason:)`` where a file cannot be read as it was settled. The archive then has no end, which
    ///   its reader notices.
    package func write(_ send: (_ piece: [UInt8]) -> Bool) throws(LogError) {
        var hash = SHA256()
        func put(_ bytes: [UInt8]) -> Bool {
            hash.update(data: bytes)
            return send(bytes)
        }
        let text = manifest.text.bytes(kind: BackupManifest.kind)
        guard put(header(BackupManifest.name, text.count) + text + Backup.padding(text.count)) else { return }
        for (item, content) in zip(manifest.files, contents) {
            guard put(header(item.file.name, item.size)), try write(content, item, put), put(Backup.padding(item.size)) else { return }
        }
        let digest = Array((hash.finalize().hexadecimal + "\n").utf8)
        _ = send(header(ArchiveDigest.name, digest.count) + digest + Backup.padding(digest.count) + TarHeader.end)
    }

    private func header(_ name: String, _ size: Int) -> [UInt8] {
        TarHeader(name: name, size: size).blocks(modifiedAt: Int(manifest.takenAt.microseconds / 1_000_000))
    }

    private static func padding(_ size: Int) -> [UInt8] { [UInt8](repeating: 0, count: TarHeader.padding(size)) }

    private func write(
        _ content: Content, _ item: BackupManifest.Item, _ put: ([UInt8]) -> Bool
    ) throws(LogError) -> Bool {
        switch content {
        case .bytes(let bytes): return put(bytes)
        case .copy(let copy): return try Backup.write(item.size, put, isPadded: true) { (count) throws(LogError) in copy.read(count) }
        case .file(let path):
            // Opening and closing it is safe beside LMDB: its locks are on lock.mdb.
            guard let file = try Descriptor(path) else { throw .unusable("\(path) is missing; restore it from a backup") }
            return try Backup.write(item.size, put) { (count) throws(LogError) in try file.read(count) }
        }
    }

    private static func write(
        _ size: Int, _ put: ([UInt8]) -> Bool, isPadded: Bool = false, _ read: (Int) throws(LogError) -> [UInt8]
    ) throws(LogError) -> Bool {
        var left = size
        while left > 0 {
            var piece = try read(min(left, pieceSize))
            if piece.isEmpty {
                guard isPadded else { throw .unusable("a file of the log is shorter than it was: it lacks \(left) of \(size) bytes") }
                piece = [UInt8](repeating: 0, count: min(left, pieceSize))
            }
            left -= piece.count
            guard put(piece) else { return false }
        }
        return true
    }
}
