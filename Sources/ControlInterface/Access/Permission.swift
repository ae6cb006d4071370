/// What somebody may be allowed to do.
package enum Permission: String, CaseIterable, Sendable {
    /// Store events.
    case emit
    /// Read events, journeys, views and the daemon's state; keep a position as a consumer.
    case ask
    /// What changes more than it adds: seal, retain, erase; and what reads everything: verify, backup.
    case administer
}

extension Endpoint {
    /// What a caller must be allowed to do; nil where any permission will do. Each endpoint has its rule here, or this does not compile.
    ///
    /// `docs/access.md` says the same; a test compares it with what a running daemon does.
    package var permission: Permission? {
        switch self {
        case .append: .emit
        case .events, .event, .journey, .funnel, .friction, .question, .quality, .status, .metrics: .ask
        case .views, .view, .putView: .ask
        case .consumers, .consumer, .createConsumer, .deleteConsumer, .acknowledge: .ask
        // Analysts keep questions; what others rely on does not go without an administrator.
        case .deleteView, .seal, .verify, .retain, .erase, .backup: .administer
        case .health, .openAPI: nil
        }
    }
}
