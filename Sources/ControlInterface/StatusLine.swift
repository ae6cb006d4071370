internal import EventLog
internal import JourneyModel
internal import Views

extension ControlInterface {
    /// How the daemon is, in a line for people.
    package var statusLine: String {
        let (tail, seen) = (log.tail, views.position)
        let place = "position \(tail)"
        if let reason = log.readOnlyReason { return "read-only at \(place): \(reason)" }
        switch views.phase {
        case .replaying:
            // What comes meanwhile is part of the way, so this may go back a little.
            let percent = Double(min(seen, tail)) * 100 / Double(max(tail, 1))
            return "\(place); the views are being rebuilt and have come to \(seen), \(Int(percent)) %"
        case .live:
            let parked = views.parked.count
            let partial = parked > 0 ? "; the views are without \(parked) events, which cannot be read" : ""
            return seen < tail ? "\(place); the views are \(tail - seen) events behind\(partial)" : place + partial
        case .closed: return place
        case .stopped(let error): return "\(place); the views have stopped at \(seen): \(error)"
        }
    }
}
