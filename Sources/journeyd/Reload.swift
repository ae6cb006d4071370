internal import DaemonSettings
internal import JourneyServer
internal import Logging
internal import ServiceManager

/// What SIGHUP does: reads the configuration again, puts in force what can be, and says what cannot.
struct Reload {
    let source: ConfigurationSource
    let server: JourneyServer
    let threshold: LogThreshold
    let logger: Logger
    /// What the daemon was started with: what cannot be reloaded is as it says.
    private let started: SettingValues
    /// What was read last.
    private var current: SettingValues

    init(_ started: SettingValues, _ source: ConfigurationSource, _ server: JourneyServer, _ threshold: LogThreshold, _ logger: Logger) {
        (self.started, current) = (started, started)
        (self.source, self.server, self.threshold, self.logger) = (source, server, threshold, logger)
    }

    /// A configuration with a fault changes nothing: what is in force stays.
    mutating func run() async {
        let new: DaemonConfiguration
        do throws(ConfigurationFaults) {
            new = try await source.read()
        } catch {
            for fault in error.faults {
                logger.error("the configuration cannot be used, the old one stays", metadata: ["fault": "\(fault)"])
            }
            return
        }
        let reloaded = ChangedSettings(from: current, to: new.values).reloadable
        current = new.values
        // Groups may have other members or numbers now, even where the file says what it said before.
        server.reload(access: new.access, connections: new.server.connections, connectionsOfUser: new.server.connectionsOfUser)
        threshold.level = new.logLevel
        for key in ChangedSettings(from: started, to: current).waiting {
            logger.warning("a new value waits for a restart", metadata: ["key": "\(key)"])
        }
        logger.notice("reloaded", metadata: ["changed": "\(reloaded.isEmpty ? "nothing" : reloaded.joined(separator: ", "))"])
    }
}
