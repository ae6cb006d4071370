package import ControlInterface
package import EventLog
internal import Glibc
internal import JourneyModel
package import JourneyServer
package import Logging

/// The configuration of a daemon, understood: each part as its module takes it.
package struct DaemonConfiguration: Sendable {
    /// The directory that holds the log and what is derived from it.
    package var data: String
    /// The path of the Unix socket.
    package var socket: String
    /// The gid that the socket belongs to; nil for the daemon's own.
    package var socketGroup: UInt32?
    /// Who may do what.
    package var access: AccessPolicy
    /// The lowest level of log lines that are written.
    package var logLevel: Logger.Level
    /// The log's part.
    package var log: EventLog.Options
    /// What requests may have.
    package var limits: ControlInterface.Limits
    /// Sources whose events are stored although their data breaks the schema of its type.
    package var quarantine: Set<String>
    /// What connections may do.
    package var server: JourneyServer.Options
    /// What was said, and by whom.
    package let values: SettingValues

    /// An event's text has this many bytes more than its data at most.
    private static let envelopeBytes = 32 << 10

    /// Reads the configuration.
    ///
    /// - Parameters:
    ///   - file: the path of a YAML file; nil for none.
    ///   - flags: what the command line says, by key.
    ///   - environment: the variables.
    /// - Throws: every fault that can be found at once.
    package init(file: String?, flags: [String: String], environment: [String: String]) async throws(ConfigurationFaults) {
        try self.init(try await SettingValues(file: file, flags: flags, environment: environment), environment)
    }

    /// Understands what was said.
    package init(_ values: SettingValues, _ environment: [String: String]) throws(ConfigurationFaults) {
        var reader = SettingReader(values)
        self.values = values
        data = reader.text(.data) ?? ""
        socket = reader.text(.socket) ?? ""
        socketGroup = reader.group(.socketGroup)
        access = reader.access()
        logLevel = reader.level(.logLevel)
        log = EventLog.Options()
        let quota = reader.integer(.quota)
        if quota > 0 { log.quota = quota }
        log.epochBytes = reader.integer(.epochBytes)
        log.epochAge = reader.integer(.epochAge)
        log.identityTail = reader.integer(.identityTail)
        log.encrypts = reader.flag(.encrypt)
        // What systemd hands over as a credential comes first among the places that nobody named.
        log.keyFile = reader.text(.keyFile) ?? DaemonConfiguration.credential(environment)
        limits = ControlInterface.Limits()
        limits.event.data = reader.integer(.dataBytes)
        limits.event.event = limits.event.data + DaemonConfiguration.envelopeBytes
        limits.arrayEvents = reader.integer(.arrayEvents)
        limits.arrayBytes = reader.integer(.arrayBytes)
        quarantine = Set(reader.list(.quarantine))
        server = reader.server()
        guard reader.faults.isEmpty else { throw ConfigurationFaults(faults: reader.faults) }
    }

    /// The credential `journeyd.key` of a systemd service (LoadCredential=), where there is one.
    private static func credential(_ environment: [String: String]) -> String? {
        guard let directory = environment["CREDENTIALS_DIRECTORY"] else { return nil }
        let path = directory + "/journeyd.key"
        return unsafe Glibc.access(path, R_OK) == 0 ? path : nil
    }
}
