/// An event that waits for its turn to be written: 16 bytes, because those of all open journeys are in memory at once.
struct SimulatedEvent {
    /// Seconds since the company's first moment.
    let time: UInt32
    let journey: UInt32
    /// Its number within the journey.
    let sequence: UInt16
    let activity: Activity

    /// Whether `left` is written before `right`.
    static func precedes(_ left: SimulatedEvent, _ right: SimulatedEvent) -> Bool {
        (left.time, left.journey, left.sequence) < (right.time, right.journey, right.sequence)
    }
}
