internal import ArgumentParser
internal import DaemonSettings
internal import FoundationEssentials
internal import Glibc
internal import JourneyModel
internal import Logging
internal import ServiceManager

/// The daemon: reads its configuration, puts the house together, and runs it until it is told to stop.
@main
struct Journeyd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "journeyd",
        abstract: "Remembers everything that happens between a company and its buyers and customers, and answers from it.",
        discussion: """
            Flags come before the environment (JOURNEYD_DATA, JOURNEYD_SOCKET, JOURNEYD_LOG_LEVEL …), the environment before the file, the \
            file before the defaults: journeyctl config shows each value and where it comes from.

            SIGTERM and SIGINT stop it when what was taken is stored; SIGHUP makes it read its configuration again.

            Exit status:
              0   it was told to stop, or --check found nothing wrong
              1   it could not start
              64  the command line is wrong
              78  the configuration is wrong
            """,
        version: Version.text)

    @Option(help: "A YAML file; /etc/journeyd/journeyd.yaml is an example with every key.")
    var config: String?

    @Option(help: "The directory that holds the log. Default: /var/lib/journeyd")
    var data: String?

    @Option(help: "The Unix socket to listen on. Default: /run/journeyd/journeyd.sock")
    var socket: String?

    @Flag(help: "Check the configuration and what it names, say what is wrong, and end.")
    var check = false

    private var source: ConfigurationSource {
        var flags: [String: String] = [:]
        flags[Setting.data.key] = data
        flags[Setting.socket.key] = socket
        return ConfigurationSource(file: config, flags: flags, environment: ProcessInfo.processInfo.environment)
    }

    func run() async throws {
        // Until there is a configuration to read again, a reload is none; its default would end the process.
        _ = signal(SIGHUP, SIG_IGN)
        let configuration: DaemonConfiguration
        do throws(ConfigurationFaults) {
            configuration = try await source.read()
        } catch {
            throw end(with: error.faults)
        }
        if check {
            let faults = configuration.systemFaults()
            guard faults.isEmpty else { throw end(with: faults) }
            return StandardError.write("the configuration is sound")
        }
        let threshold = LogThreshold(configuration.logLevel)
        let logger = Journeyd.logger(threshold, source.environment)
        for name in configuration.values.unknownVariables {
            logger.warning("a variable of the environment is no setting", metadata: ["name": "\(name)"])
        }
        raiseDescriptorLimit()
        do {
            try await Daemon(configuration, source, threshold, logger).run()
        } catch {
            logger.critical("\(error)")
            throw ExitCode.failure
        }
    }

    private func end(with faults: [String]) -> ExitCode {
        for fault in faults { StandardError.write("the configuration cannot be used: \(fault)") }
        return ExitCode(EX_CONFIG)
    }

    /// Log lines go to systemd's journal where it reads standard error, else there.
    private static func logger(_ threshold: LogThreshold, _ environment: [String: String]) -> Logger {
        let isJournal = JournalHandler.isJournal(STDERR_FILENO, environment)
        let journal = isJournal ? JournalHandler.Socket() : nil
        LoggingSystem.bootstrap { label in
            if let journal { return JournalHandler(identifier: "journeyd", threshold: threshold, socket: journal) }
            return StandardErrorHandler(threshold: threshold, isJournal: isJournal)
        }
        return Logger(label: "journeyd")
    }

    /// Each connection is a descriptor: the soft limit of 1,024 that most systems start with is not enough for all that may come.
    private func raiseDescriptorLimit() {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}

/// Lines for whoever started the program, before there is a log.
private enum StandardError {
    static func write(_ line: String) {
        let bytes = Array("journeyd: \(line)\n".utf8)
        _ = unsafe Glibc.write(STDERR_FILENO, bytes, bytes.count)
    }
}
