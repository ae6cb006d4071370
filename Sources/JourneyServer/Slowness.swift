internal import ControlInterface
internal import Logging

/// Looks how long an answer took, and logs one that took long: a question with its plan, and none with what was asked, which may name people.
struct Slowness: Sendable {
    let interface: ControlInterface
    let logger: Logger
    /// What counts as long.
    let limit: Duration
    let route: Route
    let body: [UInt8]
    let asker: Asker

    /// Not for an event loop: a plan may have to look at the log.
    func look(_ started: ContinuousClock.Instant) {
        let elapsed = started.duration(to: .now)
        guard elapsed >= limit, !route.endpoint.isLong else { return }
        var metadata: Logger.Metadata = [
            "request": "\(asker.request ?? "")", "uid": "\(asker.user)", "call": "\(route.endpoint.name)",
            "milliseconds": "\(Int(elapsed / .milliseconds(1)))",
        ]
        if case .question = route, let plan = interface.plan(body) { metadata["plan"] = "\(String(decoding: plan, as: UTF8.self))" }
        logger.warning("a slow answer", metadata: metadata)
    }
}
