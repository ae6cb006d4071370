internal import EventLog
internal import JourneyModel
internal import NIOConcurrencyHelpers
internal import Synchronization

/// Compares the numbers of kept views with their alerts once a second, and has an event stored when one goes past its threshold or comes back.
///
/// What is raised is what the log says: so alerts go on over a start, and are heard by whoever follows the log. A number may pass its threshold because
/// time has passed and nothing came.
package final class AlertKeeper: Sendable {
    private static let pause = 1.0
    // Of an alert's own events so many of the last are looked at to find out whether it is raised.
    private static let recent = 1_000

    private struct Alert: Hashable {
        let view: String
        let cell: String
    }

    private let kept: KeptViews
    private let views: JourneyViews
    private let store: @Sendable (AlertEvent) -> Bool
    // The lock's value says whether to look at once.
    private let wake = ConditionLock(value: false)
    private let isClosing = Atomic<Bool>(false)
    private let thread = Mutex<DedicatedThread?>(nil)

    /// - Parameter store: stores an event, and says whether it is stored; it may block.
    package init(_ kept: KeptViews, _ views: JourneyViews, store: @escaping @Sendable (AlertEvent) -> Bool) {
        (self.kept, self.views, self.store) = (kept, views, store)
        let thread = DedicatedThread(name: "alerts") { [self] in run() }
        self.thread.withLock { $0 = thread }
    }

    /// Ends the thread.
    package func close() {
        isClosing.store(true, ordering: .releasing)
        wake.lock()
        wake.unlock(withValue: true)
        thread.withLock { $0 }?.join()
    }

    private func run() {
        var raised: [Alert: Bool] = [:]
        while !isClosing.load(ordering: .acquiring) {
            if wake.lock(whenValue: true, timeoutSeconds: AlertKeeper.pause) { wake.unlock() }
            // What is raised is known when the log has been read.
            if views.isReplaying || isClosing.load(ordering: .acquiring) { continue }
            compare(&raised)
        }
    }

    private func compare(_ raised: inout [Alert: Bool]) {
        let now = Timestamp.now
        for (view, rule, value, threshold) in kept.alertValues(at: now.microseconds) {
            let alert = Alert(view: view, cell: rule.cell)
            let isRaised = raised[alert] ?? lastWord(alert)
            raised[alert] = isRaised
            guard isRaised != (value > threshold) else { continue }
            let event = AlertEvent(
                isRaised: !isRaised, view: view, cell: rule.cell, value: value, threshold: threshold, time: now)
            // What cannot be stored now, as the disk is full, is tried again.
            if store(event) { raised[alert] = !isRaised }
        }
    }

    /// Whether the log says that the alert is raised.
    private func lastWord(_ alert: Alert) -> Bool {
        let positions = views.positions(subject: "view:\(alert.view)", wholeJourney: false) ?? []
        for position in positions.suffix(AlertKeeper.recent).reversed() {
            guard let event = try? views.log.event(at: position), event.source == AlertEvent.source,
                let data = try? JSONValue(event.data.span), data["cell"]?.text == alert.cell
            else { continue }
            return event.type == "ops.alert.raised"
        }
        return false
    }
}
