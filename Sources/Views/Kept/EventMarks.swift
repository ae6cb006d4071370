internal import EventLog
internal import JourneyModel
internal import Questions

/// What each event of the log means to one kept view: 2 bytes an event, 6 where the view has a breakdown.
///
/// The masks that occur are few; each event has the number of its own.
struct EventMarks: Sendable {
    /// Most different masks, and most different values of a breakdown's field.
    static let maximumMasks = 1 << 16
    static let maximumValues = 1 << 16

    /// The position of the first event.
    let base: Position
    let hasValues: Bool
    private(set) var masks: [UInt64] = [0]
    private var numbers: [UInt64: UInt16] = [0: 0]
    private(set) var ofEvents: [UInt16] = []
    private(set) var valuesOfEvents: [UInt32] = []
    /// By position, what was found out of events that could not be read at first.
    private var late: [Position: EventMeaning] = [:]

    init(base: Position, hasValues: Bool) {
        (self.base, self.hasValues) = (base, hasValues)
    }

    /// The last event that is in.
    var position: Position { base + Position(ofEvents.count) - 1 }

    /// Adds what the next event means.
    ///
    /// - Returns: false where there are too many different masks or values.
    mutating func append(_ meaning: EventMeaning) -> Bool {
        guard let number = number(meaning.mask), Int(meaning.value) <= EventMarks.maximumValues else { return false }
        ofEvents.append(number)
        if hasValues { valuesOfEvents.append(meaning.value) }
        return true
    }

    /// What the event at `position` means; nothing where it is not in, as retention took it away.
    func meaning(_ position: Position) -> EventMeaning {
        guard position >= base, position <= self.position else { return EventMeaning() }
        if !late.isEmpty, let known = late[position] { return known }
        let index = Int(position - base)
        return EventMeaning(mask: masks[Int(ofEvents[index])], value: hasValues ? valuesOfEvents[index] : 0)
    }

    /// Replaces what an event means that could not be read before.
    mutating func set(_ position: Position, _ meaning: EventMeaning) {
        late[position] = meaning
    }

    private mutating func number(_ mask: UInt64) -> UInt16? {
        if let known = numbers[mask] { return known }
        guard masks.count < EventMarks.maximumMasks else { return nil }
        let number = UInt16(masks.count)
        masks.append(mask)
        numbers[mask] = number
        return number
    }
}
