/// An event as services send them, about 260 bytes of JSON, into which numbers are written in place: making one costs 50 ns, so that the
/// daemon is what is measured.
struct EventTemplate {
    /// Events of one journey.
    static let perJourney = 20

    let bytes: [UInt8]
    private let firstJourney: Int
    private let number: Range<Int>, lead: Range<Int>, account: Range<Int>, day: Range<Int>, minute: Range<Int>, second: Range<Int>

    /// - Parameter firstJourney: the number of its first journey: a journey is one client's, who tells of it in the order of time.
    init(client name: Int, firstJourney: Int = 0) {
        self.firstJourney = firstJourney
        var text = Array(
            """
            {"specversion":"1.0","id":"cCCCCC-NNNNNNNNNN","source":"/bench/crm","type":"sales.touch.made","subject":"lead:LLLLLLL",\
            "account":"account:AAAAAAA","time":"2026-03-DDT10:MM:SSZ",\
            "data":{"channel":"call","direction":"outbound","human":true,"region":"north"}}
            """.utf8)
        func place(_ letters: String) -> Range<Int> {
            let letters = Array(letters.utf8)
            let start = text.indices.first { text[$0...].starts(with: letters) } ?? 0
            return start..<(start + letters.count)
        }
        number = place("NNNNNNNNNN")
        lead = place("LLLLLLL")
        account = place("AAAAAAA")
        day = place("DD")
        minute = place("MM")
        second = place("SS")
        EventTemplate.write(name, place("CCCCC"), in: &text, at: 0)
        bytes = text
    }

    /// Makes the event at `start` of `buffer` the one of this number, which is its id. Journeys go on side by side: 1,000 of them at a time.
    func set(_ value: Int, in buffer: inout [UInt8], at start: Int) {
        EventTemplate.write(value, number, in: &buffer, at: start)
        let journey = firstJourney + value / (1_000 * EventTemplate.perJourney) * 1_000 + value % 1_000
        EventTemplate.write(journey, lead, in: &buffer, at: start)
        EventTemplate.write(journey, account, in: &buffer, at: start)
        EventTemplate.write(1 + value / 1_000 % EventTemplate.perJourney, day, in: &buffer, at: start)
        EventTemplate.write(value / 60 % 60, minute, in: &buffer, at: start)
        EventTemplate.write(value % 60, second, in: &buffer, at: start)
    }

    private static func write(_ value: Int, _ place: Range<Int>, in buffer: inout [UInt8], at start: Int) {
        var rest = value
        for index in place.reversed() {
            buffer[start + index] = UInt8(48 + rest % 10)
            rest /= 10
        }
    }
}

/// Events that are sent together, in a buffer that is used again with other numbers.
struct EventBuffer {
    private let template: EventTemplate
    private let starts: [Int]
    private(set) var bytes: [UInt8]

    /// A request with one event, or with an array of `count`.
    init(request template: EventTemplate, count: Int) {
        let isOne = count == 1
        let length = count * template.bytes.count + (isOne ? 0 : count + 1)
        let head =
            "POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/cloudevents\(isOne ? "" : "-batch")+json\r\nContent-Length: \(length)\r\n\r\n"
        self.init(template, count: count, before: isOne ? head : head + "[", between: ",", after: isOne ? "" : "]")
    }

    /// The next `count` lines of a stream.
    init(lines template: EventTemplate, count: Int) {
        self.init(template, count: count, before: "", between: "\n", after: "\n")
    }

    private init(_ template: EventTemplate, count: Int, before: String, between: String, after: String) {
        var (bytes, starts) = (Array(before.utf8), [Int]())
        for index in 0..<count {
            if index > 0 { bytes += between.utf8 }
            starts.append(bytes.count)
            bytes += template.bytes
        }
        self.template = template
        self.starts = starts
        self.bytes = bytes + after.utf8
    }

    var count: Int { starts.count }

    /// Numbers the events from `first` on.
    mutating func number(from first: Int) {
        for (index, start) in starts.enumerated() { template.set(first + index, in: &bytes, at: start) }
    }
}
