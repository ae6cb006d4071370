internal import JourneyModel

/// What random events say that snooze stalls.
package enum RandomSnooze {
    private static let stages = ["lead", "mql", "sal", "committed", "live", "gone"]
    private static let day: Int64 = 86_400_000_000

    /// The members of their data: until 300 days before `time` to 900 days behind it, and now and then no moment; for any stage or one.
    package static func members(_ time: Int64, _ random: inout Seeded) -> String {
        let until = Timestamp(microseconds: time + Int64.random(in: -300...900, using: &random) * day).text
        let said = Int.random(in: 0..<12, using: &random) == 0 ? "until further notice" : until
        let stage = stages.randomElement(using: &random) ?? "lead"
        let place = Int.random(in: 0..<3, using: &random) == 0 ? #","stage":"\#(stage)""# : ""
        return #""until":"\#(said)","reason":"reason \#(Int.random(in: 0..<9, using: &random))"\#(place)"#
    }
}
