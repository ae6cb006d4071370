package import Logging
internal import Synchronization

/// The lowest level of log lines that are written, which all loggers of the process share and a reload may change.
package final class LogThreshold: Sendable {
    private let place: Atomic<Int>

    package init(_ level: Logger.Level) {
        place = Atomic(LogThreshold.place(level))
    }

    /// The level.
    package var level: Logger.Level {
        get { Logger.Level.allCases[place.load(ordering: .relaxed)] }
        set { place.store(LogThreshold.place(newValue), ordering: .relaxed) }
    }

    private static func place(_ level: Logger.Level) -> Int {
        Logger.Level.allCases.firstIndex(of: level) ?? 0
    }
}

extension Logger.Level {
    /// The priority of syslog(3).
    var priority: Int {
        switch self {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}
