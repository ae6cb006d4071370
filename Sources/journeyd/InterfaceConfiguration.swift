internal import Configuration
internal import JourneyServer

/// What can be set of the control interface.
struct InterfaceConfiguration: Sendable {
    static let keys = ["quarantine", "answers.slow", "answers.wait", "follow.heartbeat", "follow.patience", "follow.bytes"]

    /// Sources whose events are stored although their data breaks the schema of its type.
    var quarantine: Set<String>
    /// An answer that takes as many seconds is logged.
    var slowAnswer: Double
    /// Seconds that a view may take to reach the position that a request waits for.
    var wait: Int
    /// Seconds between signs of life on an answer that follows the log.
    var heartbeat: Int
    /// Seconds that a follower may take to read what was written.
    var patience: Int
    /// Bytes of events on the way to a follower.
    var bytes: Int

    init(_ reader: ConfigReader) {
        let defaults = JourneyServer.Options()
        quarantine = Set(reader.stringArray(forKey: "quarantine", default: []))
        slowAnswer = max(0, reader.double(forKey: "answers.slow", default: 1))
        wait = max(1, reader.int(forKey: "answers.wait", default: defaults.viewSeconds))
        heartbeat = max(1, reader.int(forKey: "follow.heartbeat", default: defaults.heartbeatSeconds))
        patience = max(1, reader.int(forKey: "follow.patience", default: defaults.followerSeconds))
        bytes = min(max(1 << 10, reader.int(forKey: "follow.bytes", default: defaults.followerPageBytes)), 16 << 20)
    }

    /// Sets the server's options.
    func apply(to options: inout JourneyServer.Options) {
        options.slowAnswer = .seconds(slowAnswer)
        options.viewSeconds = wait
        options.heartbeatSeconds = heartbeat
        options.followerSeconds = patience
        options.followerPageBytes = bytes
    }
}
