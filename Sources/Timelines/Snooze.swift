package import JourneyModel

/// That the stay which a journey is in is not to be told as a stall for a while, with a reason: what an event `ops.stall.snoozed` says.
///
/// In an ``Entry`` it stands where the money of other events does, so that it takes no room of its own.
package struct Snooze: Sendable, Equatable {
    /// The type of the events.
    package static let type = "ops.stall.snoozed"

    // Above the 24 bits of a currency.
    private static let mark: UInt32 = 1 << 24
    private static let anyStage: UInt32 = 0
    private static let noStage: UInt32 = 0xFFFF

    /// From which moment on it is over; one that is not behind the event's takes an earlier snooze back.
    package let until: Int64
    // The stage that is meant, plus one.
    private let stage: UInt32

    /// - Parameters:
    ///   - until: as the event has it.
    ///   - stage: the name of the stage that is meant; nil where any is.
    ///   - isOther: whether what stands for the stage is something else than a name, so that none is meant.
    /// - Returns: nil where `until` is no moment: such an event says nothing.
    package init?(until: String?, stage: String?, isOther: Bool, _ map: StageMap) {
        guard let until = until.flatMap({ Timestamp($0) }) else { return nil }
        self.until = until.microseconds
        let index = stage.map { name in map.index(ofStage: name).map { UInt32($0) + 1 } ?? Snooze.noStage }
        self.stage = isOther ? Snooze.noStage : index ?? Snooze.anyStage
    }

    /// Reads the data of an event. O(its length).
    init?(_ data: Span<UInt8>, _ map: StageMap) {
        guard let data = try? JSONValue(data) else { return nil }
        let stage = data["stage"] ?? .null
        self.init(until: data["until"]?.text, stage: stage.text, isOther: stage != .null && stage.text == nil, map)
    }

    init?(minor: Int64, currency: UInt32) {
        guard currency & Snooze.mark != 0 else { return nil }
        (until, stage) = (minor, currency & ~Snooze.mark)
    }

    /// What an entry has in the place of a currency.
    var currency: UInt32 { Snooze.mark | stage }

    /// Whether a stay in `stage` is meant.
    package func concerns(_ stage: Int) -> Bool { self.stage == Snooze.anyStage || self.stage == UInt32(stage) + 1 }
}
