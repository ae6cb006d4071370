internal import EventLog
internal import JourneyModel
internal import Timelines

extension EventLog {
    /// Calls `body` with the events behind `position` through `end`, in order, until it returns false, and passes over those that cannot be read while those
    /// around them can.
    ///
    /// - Parameter park: is told of each that is passed over; where it returns false, that is the end.
    /// - Throws: where the log cannot be read, or `park` returned false.
    func readOn(
        after position: Position, through end: Position = .max, parking park: (ParkedEvent) -> Bool,
        _ body: (_ record: EventRecord, _ bytes: Span<UInt8>) -> Bool
    ) throws(LogError) {
        var next = position
        while true {
            do throws(LogError) {
                return try read(after: next) { (record, bytes) in record.position <= end && body(record, bytes) }
            } catch {
                guard case .damaged(let place, let reason) = error, isReadable(around: place) else { throw error }
                // What is behind the end is nobody's business.
                guard place <= end else { return }
                guard park(ParkedEvent(position: place, reason: reason)) else { throw error }
                next = place
            }
        }
    }
}
