internal import JourneyModel

/// Writes events as CloudEvents, one to a line.
struct EventWriter {
    private let seed: UInt64
    /// The company's first moment.
    private let start: Timestamp
    private var stamp = Stamp()

    init(seed: UInt64, start: Timestamp) {
        self.seed = seed
        self.start = start
    }

    /// Appends the line of `event`.
    mutating func write(_ event: SimulatedEvent, into lines: inout [UInt8]) {
        switch event.activity {
        case .marketing(let activity): write(activity, of: event, into: &lines)
        case .sales(let activity): write(activity, of: event, into: &lines)
        case .finance(let activity): write(activity, of: event, into: &lines)
        case .success(let activity): write(activity, of: event, into: &lines)
        case .support(let activity): write(activity, of: event, into: &lines)
        case .partner(let activity): write(activity, of: event, into: &lines)
        }
    }

    private mutating func write<Kind: DepartmentActivity>(
        _ activity: Kind, of event: SimulatedEvent, into lines: inout [UInt8]
    ) {
        let journey = JourneyProfile(number: Int(event.journey), seed: seed)
        let time = start.plus(seconds: Int(event.time))
        stamp.set(time)
        var writer = JSONWriter()
        writer.object { line in
            line.member("specversion", "1.0")
            line.member("id", journey.digits + "-" + String(event.sequence))
            line.member("source", Kind.source)
            line.member("type", activity.type)
            line.key("time")
            line.string(utf8: stamp.text.span)
            line.member("subject", activity.record.subject(journey.digits))
            line.member("account", journey.account)
            line.key("data")
            line.object { data in
                activity.write(&data, of: journey, at: time)
                activity.dimensions.write(&data, of: journey)
            }
        }
        lines.append(contentsOf: writer.bytes)
        lines.append(UInt8(ascii: "\n"))
    }
}

/// The text of a whole second, of which only the digits that differ are written anew: the next event is mostly of the same day.
private struct Stamp {
    private(set) var text: [UInt8] = []
    private var day: Int64 = .min

    mutating func set(_ time: Timestamp) {
        let seconds = time.microseconds / 1_000_000
        let secondOfDay = (seconds % 86_400 + 86_400) % 86_400
        if seconds - secondOfDay != day {
            day = seconds - secondOfDay
            text = Array(time.text.utf8)
        }
        setDigits(at: 11, secondOfDay / 3600)
        setDigits(at: 14, secondOfDay / 60 % 60)
        setDigits(at: 17, secondOfDay % 60)
    }

    private mutating func setDigits(at index: Int, _ number: Int64) {
        text[index] = UInt8(ascii: "0") + UInt8(number / 10)
        text[index + 1] = UInt8(ascii: "0") + UInt8(number % 10)
    }
}
