import EventLog
import JourneyModel
import TestSupport
import Views

/// A log and its views on a directory.
final class House: Sendable {
    let log: EventLog
    let views: JourneyViews

    private init(log: EventLog, views: JourneyViews) {
        self.log = log
        self.views = views
    }

    static func open(_ scratch: Scratch) async throws -> House {
        let directory = try DataDirectory(path: scratch.path + "/data")
        let log = try EventLog(directory: directory, options: .small)
        let map = try StageMap.shipped()
        return House(log: log, views: try JourneyViews(log: log, map: map, directory: directory, mapSize: 1 << 26))
    }

    /// Waits until the views have seen all that is stored.
    func caughtUp() async {
        await withCheckedContinuation { continuation in
            views.whenSeen(log.tail) { continuation.resume() }
        }
    }

    func close() {
        log.close()
        views.close()
    }
}
