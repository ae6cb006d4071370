package import JourneyModel

/// An event of a journey, as those need it who keep more of events than timelines do.
package struct GatheredEvent: Sendable, Equatable {
    /// When it happened.
    package let time: Int64
    package let position: Position
    package let subject: UInt32
    /// Where the correction is whose data stands for its own; zero where it is as it came.
    package let correction: Position
}

extension Timelines {
    /// The events of the journey that is `component` and count, in the order of time, behind those that `events` has.
    package func gather(_ component: UInt32, into events: inout [GatheredEvent]) {
        let start = events.count
        links.eachMember(of: component) { subject in
            entries.eachThatCounts(subject) { index, entry in
                var correction: Position = 0
                if !entries.marks.isPlain(index), let other = ledger.corrections[UInt32(index)] {
                    correction = entries.entry(Int(other)).entry.position
                }
                events.append(GatheredEvent(time: entry.time, position: entry.position, subject: subject, correction: correction))
            }
        }
        events[start...].reverse()
        let isSorted = zip(events[start...], events[start...].dropFirst()).allSatisfy { GatheredEvent.isBefore($0, $1) }
        if !isSorted { events[start...].sort(by: GatheredEvent.isBefore) }
    }
}

extension GatheredEvent {
    fileprivate static func isBefore(_ left: GatheredEvent, _ right: GatheredEvent) -> Bool {
        left.time != right.time ? left.time < right.time : left.position < right.position
    }
}
