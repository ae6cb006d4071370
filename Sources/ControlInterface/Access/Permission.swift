/// What somebody may be allowed to do.
package enum Permission: String, CaseIterable, Sendable {
    /// Store events.
    case emit
    /// Read events, journeys, views and the daemon's state.
    case ask
    /// What changes more than it adds: seal, retain, erase; and what reads everything: verify, backup.
    case administer
}

extension Route {
    /// What a caller must be allowed to do; nil where any permission will do. Each route has its rule here, or this does not compile.
    package var permission: Permission? {
        switch self {
        case .append: .emit
        case .events, .event, .journey, .funnel, .friction, .status, .metrics, .question: .ask
        case .seal, .verify, .retain, .erase, .backup: .administer
        case .health: nil
        }
    }
}
