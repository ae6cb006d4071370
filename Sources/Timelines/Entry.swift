package import JourneyModel

/// What questions need to know of one event: 40 bytes.
package struct Entry: Sendable, Equatable {
    /// When it happened.
    package let time: Int64
    /// Where it is in the log.
    package let position: Position
    /// The amount of money it names, in minor units; where ``snooze`` is one, until when. Of no meaning where `currency` is zero.
    package let minor: Int64
    /// The log's symbol of its type.
    package let type: UInt32
    /// Its set of dimension values: ``Timelines/value(ofSet:dimension:)``. Zero is the empty set.
    package let dimensions: UInt32
    /// The three letters of the currency, packed; zero where it names no money, and more than three letters where ``snooze`` is one.
    package let currency: UInt32
    /// The department that holds the case from then on, plus one; zero where it does not say.
    package let holder: UInt8
    /// The rule of the stage map that applies, plus one; zero for none.
    package let rule: UInt8

    /// What it says of the stay that its journey is in; nil where it snoozes nothing.
    package var snooze: Snooze? { Snooze(minor: minor, currency: currency) }

    /// The order of a journey: by time, then by position.
    package static func isBefore(_ left: Entry, _ right: Entry) -> Bool {
        left.time != right.time ? left.time < right.time : left.position < right.position
    }
}

/// An ISO 4217 code in four bytes.
package enum Currency {
    /// Packs three letters; zero where `code` is not three bytes.
    package static func pack(_ code: Span<UInt8>) -> UInt32 {
        guard code.count == 3 else { return 0 }
        return UInt32(code[0]) << 16 | UInt32(code[1]) << 8 | UInt32(code[2])
    }

    /// The three letters.
    package static func text(_ packed: UInt32) -> String {
        String(decoding: [UInt8(packed >> 16 & 255), UInt8(packed >> 8 & 255), UInt8(packed & 255)], as: UTF8.self)
    }
}
