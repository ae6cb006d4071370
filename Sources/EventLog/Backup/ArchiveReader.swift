internal import Crypto

/// The last member of an archive: the digest of all before it, SHA-256 (FIPS 180-4) in hexadecimal.
enum ArchiveDigest {
    static let name = "digest"
    /// 64 digits and a line feed.
    static let size = 65
}

/// Takes the files of a backup, one after another.
package protocol BackupReceiver: AnyObject {
    /// What is to come.
    func begin(_ manifest: BackupManifest) throws(LogError)
    /// The next file begins.
    func begin(_ file: BackupFile, size: Int) throws(LogError)
    /// More of it.
    func add(_ bytes: ArraySlice<UInt8>) throws(LogError)
    /// All of it is there.
    func end(_ file: BackupFile) throws(LogError)
    /// Everything is there, and is what was sent.
    func finish(_ manifest: BackupManifest) throws(LogError)
}

/// Reads an archive as it comes, and hands on what its manifest announces and nothing else.
///
/// An archive may come from anywhere. Its members are the files that the manifest lists, in that order, with these sizes; the names are
/// from a closed list (``BackupFile``), so none leads elsewhere; there are no links, no directories, no second manifest.
package struct ArchiveReader {
    private enum Expected {
        case manifest
        case file(Int)
        case digest
        case end
    }

    private let receiver: any BackupReceiver
    private let name: String
    private var tar = TarReader()
    private var expected = Expected.manifest
    private var small: [UInt8] = []
    /// What the archive holds, once that is known.
    package private(set) var manifest: BackupManifest?
    /// Bytes that were read.
    package private(set) var count = 0

    /// - Parameter name: what to call the archive in an error.
    package init(_ name: String, to receiver: any BackupReceiver) {
        (self.name, self.receiver) = (name, receiver)
    }

    /// Takes the next bytes.
    ///
    /// - Throws: ``LogError/unusable(_:)`` for an archive that is not one of a backup, and what the receiver throws.
    package mutating func feed(_ bytes: [UInt8]) throws(LogError) {
        count += bytes.count
        // Taken out for the time: what it calls changes the rest of this reader.
        var tar = tar
        self.tar = TarReader()
        defer { self.tar = tar }
        try tar.feed(bytes) { (part, tar) throws(LogError) in
            switch part {
            case .begin(let name, let size): try begin(name, size)
            case .content(let piece): try add(piece)
            case .end: try end(digestBefore: tar)
            }
        }
    }

    /// The archive has ended.
    ///
    /// - Returns: what was in it.
    package mutating func finish() throws(LogError) -> BackupManifest {
        guard case .end = expected, tar.isAtEnd, let manifest else {
            throw .unusable("\(name) ends in the middle, after \(count) bytes: it is not a whole backup")
        }
        try receiver.finish(manifest)
        return manifest
    }

    private mutating func begin(_ member: String, _ size: Int) throws(LogError) {
        small = []
        switch expected {
        case .manifest:
            guard member == BackupManifest.name, size <= BackupManifest.maximumSize else {
                throw .unusable("\(name) is not a backup: it does not begin with a manifest")
            }
        case .file(let index):
            guard let item = manifest?.files[index], member == item.file.name, size == item.size else {
                throw .unusable("\(name) has '\(member)' of \(size) bytes, which its manifest does not have there")
            }
            try receiver.begin(item.file, size: size)
        case .digest:
            guard member == ArchiveDigest.name, size == ArchiveDigest.size else {
                throw .unusable("\(name) has '\(member)' of \(size) bytes, which its manifest does not have")
            }
        case .end: throw .unusable("\(name) has '\(member)' behind its digest")
        }
    }

    private mutating func add(_ piece: ArraySlice<UInt8>) throws(LogError) {
        if case .file = expected { try receiver.add(piece) } else { small += piece }
    }

    private mutating func end(digestBefore tar: borrowing TarReader) throws(LogError) {
        switch expected {
        case .manifest:
            let text = try TextFile(small, path: "\(name): \(BackupManifest.name)", kind: BackupManifest.kind)
            let manifest = try BackupManifest(text, path: "\(name): \(BackupManifest.name)")
            self.manifest = manifest
            expected = manifest.files.isEmpty ? .digest : .file(0)
            try receiver.begin(manifest)
        case .file(let index):
            guard let manifest else { return }
            try receiver.end(manifest.files[index].file)
            expected = index + 1 < manifest.files.count ? .file(index + 1) : .digest
        case .digest:
            guard small == Array((tar.digestBefore + "\n").utf8) else {
                throw .unusable("\(name) is not what was sent: its digest is another one")
            }
            expected = .end
        case .end: break
        }
    }
}

/// Takes a backup's files and keeps none: for an archive that is passed on as it is.
package final class NoReceiver: BackupReceiver {
    package init() {}
    package func begin(_ manifest: BackupManifest) {}
    package func begin(_ file: BackupFile, size: Int) {}
    package func add(_ bytes: ArraySlice<UInt8>) {}
    package func end(_ file: BackupFile) {}
    package func finish(_ manifest: BackupManifest) {}
}
