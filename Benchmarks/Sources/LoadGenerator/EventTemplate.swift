/// An event as services send them, about 260 bytes of JSON, into which numbers are written in place: making one costs 50 ns, so that the
/// daemon is what is measured.
struct EventTemplate {
    /// Events of one journey.
    static let perJourney = 20

    private(set) var bytes: [UInt8]
    private var client = 0..<0, number = 0..<0, lead = 0..<0, account = 0..<0, day = 0..<0, minute = 0..<0, second = 0..<0

    init(client name: Int) {
        bytes = Array(
            """
            {"specversion":"1.0","id":"cCCCCC-NNNNNNNNNN","source":"/bench/crm","type":"sales.touch.made","subject":"lead:LLLLLLL",\
            "account":"account:AAAAAAA","time":"2026-03-DDT10:MM:SSZ",\
            "data":{"channel":"call","direction":"outbound","human":true,"region":"north"}}
            """.utf8)
        client = place("CCCCC")
        number = place("NNNNNNNNNN")
        lead = place("LLLLLLL")
        account = place("AAAAAAA")
        day = place("DD")
        minute = place("MM")
        second = place("SS")
        write(name, client)
    }

    private func place(_ letters: String) -> Range<Int> {
        let letters = Array(letters.utf8)
        let start = bytes.indices.first { bytes[$0...].starts(with: letters) } ?? 0
        return start..<(start + letters.count)
    }

    private mutating func write(_ value: Int, _ place: Range<Int>) {
        var rest = value
        for index in place.reversed() {
            bytes[index] = UInt8(48 + rest % 10)
            rest /= 10
        }
    }

    /// Makes it the event of this number, which is its id. Journeys go on side by side: 1,000 of them at a time.
    mutating func set(_ value: Int) {
        write(value, number)
        let journey = value / (1_000 * EventTemplate.perJourney) * 1_000 + value % 1_000
        write(journey, lead)
        write(journey, account)
        write(1 + value / 1_000 % 28, day)
        write(value / 60 % 60, minute)
        write(value % 60, second)
    }

    /// The request that sends `count` events from `first` on.
    mutating func request(_ first: Int, count: Int) -> [UInt8] {
        let isOne = count == 1
        let length = count * bytes.count + (isOne ? 0 : count + 1)
        let head =
            "POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/cloudevents\(isOne ? "" : "-batch")+json\r\nContent-Length: \(length)\r\n\r\n"
        var request = Array(head.utf8)
        request.reserveCapacity(request.count + length)
        for index in 0..<count {
            if !isOne { request.append(UInt8(ascii: index == 0 ? "[" : ",")) }
            set(first + index)
            request += bytes
        }
        if !isOne { request.append(UInt8(ascii: "]")) }
        return request
    }
}
