internal import FoundationEssentials
internal import Glibc

/// A backup as a directory, brought up to date by archives of what it has not got.
///
///     DIR/format                      which log
///     DIR/manifest                    the state: written last, so that it names only what is there and flushed
///     DIR/log/0000000N/, N.seal       sealed epochs, shared by all states; never changed
///     DIR/state-P-T/                  what belongs to one state alone, named as in a data directory: the unsealed epochs, `retained`, `keys`
///     DIR/incoming-P-T/               what is under way; a sealed epoch leaves it when it is whole
///
/// A crash at any moment leaves the state before, or the new one. An archive that is unpacked by tar is such a directory, too.
package final class BackupDirectory {
    package let path: String
    /// The present state; nil where there is none yet.
    package private(set) var manifest: BackupManifest?
    private let lock: Int32
    private var tree: BackupTree?

    /// Opens the directory or makes it, and locks it against another backup to it.
    ///
    /// - Throws: ``LogError/inUse(_:)``; ``LogError/unusable(_:)`` for one that holds something else.
    package init(writing path: String) throws(LogError) {
        self.path = path
        try DataDirectory.make(path)
        lock = try BackupDirectory.lock(path)
        manifest = try BackupDirectory.manifest(path)
        guard Epoch.size(path + "/lock") == nil else {
            throw .unusable("\(path) is the data directory of a daemon; a backup needs a directory of its own")
        }
        if manifest == nil, Epoch.size(path + "/format") == nil, !BackupTree.names(path).isEmpty {
            throw .unusable("\(path) is not empty, and holds no backup; name another directory")
        }
    }

    /// Opens a backup to be read.
    ///
    /// - Throws: ``LogError/unusable(_:)`` where there is none.
    package init(reading path: String) throws(LogError) {
        self.path = path
        lock = try BackupDirectory.lock(path)
        manifest = try BackupDirectory.manifest(path)
        if manifest == nil { throw .unusable("\(path) holds no whole backup: it has no file 'manifest'") }
    }

    deinit {
        // A child that is being started has the descriptor, too, until it becomes another program: the lock would last as long.
        flock(lock, LOCK_UN)
        close(lock)
    }

    private static func lock(_ path: String) throws(LogError) -> Int32 {
        let descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unusable("cannot open \(path): \(SystemError.last)") }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw .inUse("\(path) is in use by another backup or restore; wait for its end")
        }
        return descriptor
    }

    private static func manifest(_ path: String) throws(LogError) -> BackupManifest? {
        let file = path + "/" + BackupManifest.name
        guard let text = try TextFile(path: file, kind: BackupManifest.kind, maximum: BackupManifest.maximumSize) else { return nil }
        return try BackupManifest(text, path: file)
    }

    /// The sealed epochs that are there, with the digests of their seals. O(epochs).
    package var sealed: [(epoch: Int, digest: String)] {
        BackupTree.names(path + "/log").compactMap { name in
            guard name.hasSuffix(".seal"), let number = Int(name.dropLast(5)), let seal = seal(number) else { return nil }
            return (number, seal.digest)
        }
    }

    /// The seal of an epoch that is there as a whole.
    private func seal(_ number: Int) -> EpochSeal? {
        guard let seal = try? EpochSeal.read(place(.seal(number))), seal.number == number, Epoch.size(place(.about(number))) != nil,
            Epoch.size(place(.data(number))) == seal.size
        else { return nil }
        return seal
    }

    private func place(_ file: BackupFile) -> String { "\(path)/\(file.name)" }

    /// Takes away the epochs that the state does not have: those that retention took away where it comes from.
    ///
    /// - Returns: how many.
    package func prune() throws(LogError) -> Int {
        guard let first = manifest?.epochs.first?.number else { return 0 }
        let old = sealed.filter { $0.epoch < first }
        for epoch in old {
            // First the seal: without it the rest is not taken for an epoch.
            unsafe unlink(place(.seal(epoch.epoch)))
            try DataDirectory.flush(path + "/log")
            BackupTree.remove("\(path)/log/\(EpochList.name(epoch.epoch))")
        }
        return old.count
    }
}

// MARK: - Receiving a new state

extension BackupDirectory: BackupReceiver {
    package func begin(_ manifest: BackupManifest) throws(LogError) {
        if let present = try TextFile(path: place(.format), kind: EpochList.formatKind), LogID(present["log"]) != manifest.log {
            throw .unusable("\(path) is a backup of another log; name another directory")
        }
        let included = Set(manifest.files.map(\.file))
        for epoch in manifest.epochs where epoch.digest != nil {
            let seal = seal(epoch.number)
            if let seal, seal.digest != epoch.digest {
                throw .unusable(
                    "\(path) has another epoch \(epoch.number), positions \(seal.first) to \(seal.last): since then the log was restored"
                        + " from an older backup, and went on otherwise; name another directory")
            }
            guard seal != nil || included.contains(.data(epoch.number)) else {
                throw .unusable("the archive lacks epoch \(epoch.number), and \(path) has not got it")
            }
        }
        for name in BackupTree.names(path) where name.hasPrefix("incoming-") { BackupTree.remove("\(path)/\(name)") }
        try EpochList.format(of: manifest.log, hasKeys: manifest.hasKeys).write(to: place(.format), kind: EpochList.formatKind)
        try DataDirectory.make(path + "/log")
        tree = try BackupTree("\(path)/incoming-\(manifest.state)")
    }

    package func begin(_ file: BackupFile, size: Int) throws(LogError) {
        try tree?.begin(file)
    }

    package func add(_ bytes: ArraySlice<UInt8>) throws(LogError) {
        try tree?.add(bytes)
    }

    package func end(_ file: BackupFile) throws(LogError) {
        try tree?.end()
        if case .seal(let number) = file { try keep(number) }
    }

    /// Moves a sealed epoch, which is whole now, to where it stays: should the rest not come, it need not come again.
    private func keep(_ number: Int) throws(LogError) {
        guard let tree else { return }
        let name = "log/\(EpochList.name(number))"
        try DataDirectory.flush("\(tree.path)/\(name)")
        // Without a seal it was never whole.
        if seal(number) == nil {
            unsafe unlink(place(.seal(number)))
            BackupTree.remove("\(path)/\(name)")
        }
        for file in [name, name + ".seal"] {
            guard unsafe rename("\(tree.path)/\(file)", "\(path)/\(file)") == 0 else {
                throw .unusable("cannot move \(tree.path)/\(file): \(SystemError.last)")
            }
            try DataDirectory.flush(path + "/log")
        }
    }

    package func finish(_ manifest: BackupManifest) throws(LogError) {
        guard let tree else { return }
        try tree.flush()
        let state = "state-\(manifest.state)"
        guard unsafe rename(tree.path, "\(path)/\(state)") == 0 else {
            throw .unusable("cannot name \(path)/\(state): \(SystemError.last)")
        }
        self.tree = nil
        try DataDirectory.flush(path)
        try manifest.text.write(to: path + "/" + BackupManifest.name, kind: BackupManifest.kind)
        self.manifest = manifest
        for name in BackupTree.names(path) where name.hasPrefix("state-") && name != state { BackupTree.remove("\(path)/\(name)") }
    }
}

// MARK: - Giving back the state

extension BackupDirectory {
    /// Hands the whole state to `receiver`, as an archive of it would.
    ///
    /// - Returns: what the state is.
    package func send(to receiver: any BackupReceiver) throws(LogError) -> BackupManifest {
        guard let manifest else { throw .unusable("\(path) holds no whole backup") }
        let items = try BackupManifest.files(of: manifest.epochs, hasKeys: manifest.hasKeys) { _ in true }.map { file throws(LogError) in
            BackupManifest.Item(file: file, size: try size(file, manifest))
        }
        let whole = BackupManifest(
            log: manifest.log, position: manifest.position, takenAt: manifest.takenAt, epochs: manifest.epochs, files: items)
        try receiver.begin(whole)
        for item in items {
            try receiver.begin(item.file, size: item.size)
            guard let descriptor = try descriptor(item.file, manifest) else { throw .unusable("\(place(item.file)) has vanished") }
            var left = item.size
            while left > 0 {
                let bytes = try descriptor.read(min(left, 1 << 20))
                guard !bytes.isEmpty else { throw .unusable("\(place(item.file)) is cut short: the backup is damaged") }
                try receiver.add(bytes[...])
                left -= bytes.count
            }
            try receiver.end(item.file)
        }
        try receiver.finish(whole)
        return whole
    }

    /// The size of a file, which is there and has the size of the manifest.
    private func size(_ file: BackupFile, _ manifest: BackupManifest) throws(LogError) -> Int {
        guard let size = try descriptor(file, manifest)?.size else { throw .unusable("\(place(file)) is missing: the backup is not whole") }
        if case .data(let number) = file, let expected = manifest.epoch(number)?.size, size != expected {
            throw .unusable("\(place(file)) has \(size) bytes and not the \(expected) of the manifest: the backup is damaged")
        }
        return size
    }

    /// What belongs to the state alone stands first.
    private func descriptor(_ file: BackupFile, _ manifest: BackupManifest) throws(LogError) -> Descriptor? {
        if let own = try Descriptor("\(path)/state-\(manifest.state)/\(file.name)") { return own }
        return try Descriptor(place(file))
    }
}
