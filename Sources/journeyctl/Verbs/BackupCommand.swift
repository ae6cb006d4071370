internal import ArgumentParser
internal import CommandLineTools
internal import EventLog
internal import Glibc
internal import JourneyClient
internal import JourneyModel

/// Fetches a backup from a daemon that goes on serving.
struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Back up the log of a running daemon, as it is at one position.",
        discussion: """
            To a directory, which is brought up to date: sealed epochs are fetched once, and a backup that breaks off leaves the one before.
            To the standard output with -, as a tar archive of everything.

              journeyctl backup /backup/journeys
              journeyctl backup - | zstd > journeys.tar.zst

            The master key of personal fields is never part of a backup: keep it elsewhere, or they cannot be read again.
            """)

    @OptionGroup var options: CommonOptions

    @Argument(help: "A directory of the backup's own, made where it is missing; - is the standard output.", completion: .directory)
    var target: String

    @Flag(help: "Drop the epochs that retention took away where they come from.")
    var prune = false

    func run() async throws {
        if target == "-" {
            guard isatty(STDOUT_FILENO) != 1 else {
                throw ValidationError("an archive is nothing for a terminal; name a file or a program: > or |")
            }
            var reader = ArchiveReader("the archive", to: NoReceiver())
            _ = try await fetch(&reader, having: []) { try StandardOutput.write($0) }
        } else {
            try await update()
        }
    }

    private func update() async throws {
        let directory = try BackupDirectory(writing: target)
        var reader = ArchiveReader("the archive", to: directory)
        let manifest = try await fetch(&reader, having: directory.sealed) { _ in }
        let pruned = prune ? try directory.prune() : 0
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("backup", target)
            writer.member("position", manifest.position)
            writer.member("events", manifest.events)
            writer.member("epochs", manifest.epochCount)
            writer.member("fetched", manifest.includedEpochs)
            writer.member("bytes", reader.count)
            writer.member("pruned", pruned)
        }
        try options.show(writer.bytes, as: Facts.init)
    }

    private func fetch(
        _ reader: inout ArchiveReader, having known: [(epoch: Int, digest: String)], _ pass: ([UInt8]) throws -> Void
    ) async throws -> BackupManifest {
        var progress = ProgressLine()
        defer { progress.end() }
        for try await piece in try await options.client.postForPieces("/v1/admin/backup", body: BackupCommand.body(known)) {
            try reader.feed(piece)
            try pass(piece)
            progress.show(bytes: reader.count, of: reader.manifest?.archiveSize)
        }
        return try reader.finish()
    }

    private static func body(_ known: [(epoch: Int, digest: String)]) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.key("have")
            writer.array { writer in
                for epoch in known {
                    writer.object { writer in
                        writer.member("epoch", epoch.epoch)
                        writer.member("digest", epoch.digest)
                    }
                }
            }
        }
        return writer.bytes
    }
}
