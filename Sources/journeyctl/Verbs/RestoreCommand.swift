internal import ArgumentParser
internal import EventLog
internal import Glibc
internal import JourneyClient

/// Makes a data directory of a backup.
struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Make a data directory of a backup, and verify every record of it.",
        discussion: """
            Needs no daemon. The directory must be new or empty; it gets its name when all of it is sound and on the disk.

              journeyctl restore /backup/journeys --data /var/lib/journeyd
              zstd -dc journeys.tar.zst | journeyctl restore - --data /var/lib/journeyd
            """)

    @Argument(help: "A directory of a backup, or an archive; - is an archive on the standard input.", completion: .file())
    var backup: String

    @Option(help: "The data directory to make.", completion: .directory)
    var data: String

    func run() async throws {
        let start = ContinuousClock.now
        let restore = try Restore(to: data) { step in
            StandardOutput.complain(
                "verified \(step.place): \(step.events.grouped) events\(step.damage.map { ", damaged: \($0)" } ?? "")\n")
        }
        var status = stat()
        let manifest: BackupManifest
        if backup != "-", unsafe stat(backup, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
            let directory = try BackupDirectory(reading: backup)
            manifest = try directory.send(to: restore)
        } else {
            manifest = try await unpack(try InputFile(path: backup), to: restore)
        }
        let seconds = Int((ContinuousClock.now - start).components.seconds)
        let keys =
            manifest.hasKeys ? "put the master key at \(restore.path)/key, mode 0600, first: no backup has it, and journeyd needs it\n" : ""
        try StandardOutput.write(
            Array(
                """
                restored \(restore.path): position \(manifest.position.grouped), \(manifest.events.grouped) events in \
                \(manifest.epochCount.grouped) epochs, every record verified, in \(seconds) s
                \(keys)start it: journeyd --data \(restore.path)

                """.utf8))
    }

    private func unpack(_ input: InputFile, to restore: Restore) async throws -> BackupManifest {
        var reader = ArchiveReader(input.name, to: restore)
        var progress = ProgressLine()
        defer { progress.end() }
        while let piece = try await input.read() {
            try reader.feed(piece)
            progress.show(bytes: reader.count, of: reader.manifest?.archiveSize)
        }
        progress.end()
        return try reader.finish()
    }
}
