internal import Synchronization

/// What a request is called in its answer, in a problem and in log lines: what the client calls it, or a name of our own.
enum RequestID {
    private static let maximumCount = 64
    // Tells the requests of one start of the daemon from those of another.
    private static let start = String(UInt32.random(in: .min ... .max), radix: 16)
    private static let next = Atomic<UInt64>(1)

    /// The client's `X-Request-Id`, where it is 1 to 64 letters, digits, `_` and `-`: anything else might not be safe in a log.
    static func given(_ text: String?) -> String? {
        guard let text, 1...maximumCount ~= text.utf8.count else { return nil }
        return text.utf8.allSatisfy(isSafe) ? text : nil
    }

    /// A new one.
    static func make() -> String {
        "\(start)-\(next.wrappingAdd(1, ordering: .relaxed).oldValue)"
    }

    private static func isSafe(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
