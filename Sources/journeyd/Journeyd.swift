internal import ArgumentParser
internal import ControlInterface
internal import EventLog
internal import Glibc
internal import JourneyModel
internal import JourneyServer
internal import Logging
internal import Views

/// The daemon: reads its configuration, puts the house together, and runs it until it is told to stop.
@main
struct Journeyd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "journeyd",
        abstract: "Remembers everything that happens between a company and its buyers and customers, and answers from it.",
        discussion: """
            Flags come before the environment (JOURNEYD_DATA, JOURNEYD_SOCKET, JOURNEYD_LOG_LEVEL, JOURNEYD_LOG_QUOTA), the environment \
            before the file, the file before the defaults. SIGTERM and SIGINT stop it when what was taken is stored.
            """,
        version: Version.text)

    @Option(help: "A YAML file with the keys data, socket and log (level, quota, epochBytes, epochAge, identityTail).")
    var config: String?

    @Option(help: "The directory that holds the log. Default: /var/lib/journeyd")
    var data: String?

    @Option(help: "The Unix socket to listen on. Default: /run/journeyd/journeyd.sock")
    var socket: String?

    func run() async throws {
        let configuration: DaemonConfiguration
        do {
            var flags: [String: String] = [:]
            flags["data"] = data
            flags["socket"] = socket
            configuration = try await DaemonConfiguration(file: config, flags: flags)
        } catch {
            throw ValidationError("the configuration cannot be used: \(error)")
        }
        let level = Logger.Level(rawValue: configuration.logLevel) ?? .info
        LoggingSystem.bootstrap { label in StandardErrorHandler(label: label, level: level) }
        let logger = Logger(label: "journeyd")
        raiseDescriptorLimit()
        do {
            try await Daemon(configuration, logger).run()
        } catch {
            logger.critical("\(error)")
            throw ExitCode.failure
        }
    }

    /// Each connection is a descriptor: the soft limit of 1,024 that most systems start with is not enough for all that may come.
    private func raiseDescriptorLimit() {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
