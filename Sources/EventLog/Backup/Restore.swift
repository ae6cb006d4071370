internal import Glibc

/// A data directory that is made from a backup: written beside its place, verified, and only then named.
package final class Restore {
    private static let mark = "/restoring"

    /// The data directory that will be.
    package let path: String
    private let draft: String
    private let progress: (Verification.Step) -> Void
    private var tree: BackupTree?

    /// - Parameter progress: called for each part that is verified.
    /// - Throws: ``LogError/unusable(_:)`` where `path` is there and not empty, or what an earlier restore left cannot be told from
    ///   something else.
    package init(to path: String, _ progress: @escaping (Verification.Step) -> Void) throws(LogError) {
        var path = path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        (self.path, draft, self.progress) = (path, path + ".new", progress)
        guard Epoch.size(path) == nil || BackupTree.isEmptyDirectory(path) else {
            throw .unusable("\(path) is there and not empty; a backup is restored to a new directory")
        }
        guard Epoch.size(draft) == nil || Epoch.size(draft + Restore.mark) != nil else {
            throw .unusable("\(draft) is there, and is not what an earlier restore left; move it away")
        }
        BackupTree.remove(draft)
    }
}

extension Restore: BackupReceiver {
    package func begin(_ manifest: BackupManifest) throws(LogError) {
        guard manifest.isComplete else {
            throw .unusable(
                "the archive holds \(manifest.includedEpochs) of \(manifest.epochCount) epochs: restore from the directory it was made for")
        }
        tree = try BackupTree(draft)
        try DurableFile.replace(draft + Restore.mark, with: [])
    }

    package func begin(_ file: BackupFile, size: Int) throws(LogError) { try tree?.begin(file) }
    package func add(_ bytes: ArraySlice<UInt8>) throws(LogError) { try tree?.add(bytes) }
    package func end(_ file: BackupFile) throws(LogError) { try tree?.end() }

    /// Verifies all of it, and gives it its name.
    package func finish(_ manifest: BackupManifest) throws(LogError) {
        try verify(manifest)
        for file in ["/lock", Restore.mark] { unsafe unlink(draft + file) }
        try tree?.flush()
        guard unsafe rename(draft, path) == 0 else { throw .unusable("cannot name \(path): \(SystemError.last)") }
        let parent = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        try DataDirectory.flush(parent)
    }

    private func verify(_ manifest: BackupManifest) throws(LogError) {
        func refused(_ reason: String) -> LogError { .unusable("the backup is damaged, and nothing was restored: \(reason)") }
        let directory = try DataDirectory(existing: draft, for: "journeyctl restore")
        let log = try EventLog(reading: directory)
        if let damage = log.damages.first { throw refused(damage) }
        guard log.epochs.log == manifest.log, log.tail == manifest.position, log.epochs.all.count == manifest.epochs.count else {
            throw refused("it ends at position \(log.tail) and not at \(manifest.position)")
        }
        for (epoch, entry) in zip(log.epochs.all, manifest.epochs) {
            guard epoch.number == entry.number, epoch.first == entry.first, epoch.seal?.digest == entry.digest else {
                throw refused("its epoch \(entry.number) is not that of its manifest")
            }
        }
        let verification = log.verify { step in
            progress(step)
            return true
        }
        if let damage = verification.damages.first { throw refused("\(damage)") }
        guard verification.events == manifest.events else {
            throw refused("it has \(verification.events) events and not \(manifest.events)")
        }
    }
}

extension BackupTree {
    /// Whether there is a directory, and nothing in it.
    static func isEmptyDirectory(_ path: String) -> Bool {
        guard let directory = unsafe opendir(path) else { return false }
        unsafe closedir(directory)
        return names(path).isEmpty
    }
}
