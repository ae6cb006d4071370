internal import DaemonSettings

/// Where the configuration comes from, so that it can be read again.
struct ConfigurationSource: Sendable {
    let file: String?
    let flags: [String: String]
    let environment: [String: String]

    func read() async throws(ConfigurationFaults) -> DaemonConfiguration {
        try await DaemonConfiguration(file: file, flags: flags, environment: environment)
    }
}
