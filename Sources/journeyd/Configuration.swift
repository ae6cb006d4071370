internal import Configuration
internal import ControlInterface
internal import EventLog
internal import Glibc
internal import SystemPackage

/// What can be set: by a flag, by an environment variable `JOURNEYD_…`, or in the file; in this order of precedence.
struct DaemonConfiguration: Sendable {
    /// The keys of the file, which are the only ones it may have.
    static let keys =
        [
            "data", "socket", "socketGroup", "log.level", "log.quota", "log.epochBytes", "log.epochAge", "log.identityTail", "log.encrypt",
            "log.keyFile", "access.emit", "access.ask", "access.administer",
        ] + InterfaceConfiguration.keys

    /// The directory that holds the log and what is derived from it.
    var data: String
    /// The path of the Unix socket.
    var socket: String
    /// The gid that the socket belongs to; nil for the daemon's own.
    var socketGroup: UInt32?
    /// Who may do what.
    var access: AccessPolicy
    /// The control interface's.
    var interface: InterfaceConfiguration
    /// The lowest level of log lines that are written.
    var logLevel: String
    /// Bytes of disk that the log of events may use; zero for all there is.
    var quota: Int
    /// Bytes of an epoch of the log.
    var epochBytes: Int
    /// Seconds after which an epoch ends.
    var epochAge: Int
    /// Events whose identities are held in memory.
    var identityTail: Int
    /// Whether what says something about a person is encrypted.
    var encrypts: Bool
    /// The file with the key of the keys; nil for the one in the data directory.
    var keyFile: String?

    /// Reads the configuration.
    ///
    /// - Parameter flags: what the command line says, by key.
    /// - Throws: where the file cannot be read or has a key that is not known.
    init(file: String?, flags: [String: String]) async throws {
        var providers: [any ConfigProvider] = [
            InMemoryProvider(
                name: "flags",
                values: Dictionary(
                    uniqueKeysWithValues: flags.map {
                        (AbsoluteConfigKey(stringLiteral: $0.key), ConfigValue(.string($0.value), isSecret: false))
                    })),
            KeyMappingProvider(upstream: EnvironmentVariablesProvider()) { $0.prepending("journeyd") },
        ]
        if let file { try ConfigurationFile.check(file, keys: DaemonConfiguration.keys) }
        if let file { providers.append(try await FileProvider<YAMLSnapshot>(filePath: FilePath(file))) }
        let reader = ConfigReader(providers: providers)
        data = reader.string(forKey: "data", default: "/var/lib/journeyd")
        socket = reader.string(forKey: "socket", default: "/run/journeyd/journeyd.sock")
        socketGroup = try reader.string(forKey: "socketGroup").map { try AccessConfiguration.group($0) }
        access = try AccessConfiguration.policy { reader.stringArray(forKey: ConfigKey("access.\($0.rawValue)"), default: []) }
        interface = InterfaceConfiguration(reader)
        logLevel = reader.string(forKey: "log.level", default: "info")
        quota = reader.int(forKey: "log.quota", default: 0)
        let defaults = EventLog.Options()
        epochBytes = max(1, reader.int(forKey: "log.epochBytes", default: defaults.epochBytes))
        epochAge = max(1, reader.int(forKey: "log.epochAge", default: defaults.epochAge))
        encrypts = reader.bool(forKey: "log.encrypt", default: defaults.encrypts)
        // What systemd hands over as a credential comes first among the places that nobody named.
        keyFile = reader.string(forKey: "log.keyFile") ?? DaemonConfiguration.credential
        identityTail = min(max(1, reader.int(forKey: "log.identityTail", default: defaults.identityTail)), 1 << 24)
    }

    /// The credential `journeyd.key` of a systemd service (LoadCredential=), where there is one.
    private static var credential: String? {
        guard let directory = unsafe getenv("CREDENTIALS_DIRECTORY") else { return nil }
        let path = unsafe String(cString: directory) + "/journeyd.key"
        return unsafe Glibc.access(path, R_OK) == 0 ? path : nil
    }
}
