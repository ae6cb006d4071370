/// By whose rules journeys are held against the steps of a funnel.
package enum FunnelSemantics: Sendable, Hashable {
    /// In which order the steps must come.
    package enum Order: String, Sendable, CaseIterable {
        /// In theirs; other events may come between.
        case ordered
        /// In theirs, with nothing else between.
        case strict
        /// In any.
        case any
    }

    /// The modifiers of ClickHouse's `windowFunnel`.
    package struct Modes: OptionSet, Sendable, Hashable {
        package let rawValue: UInt8
        package static let strictOrder = Modes(rawValue: 1)
        package static let strictDeduplication = Modes(rawValue: 2)
        package static let strictIncrease = Modes(rawValue: 4)
        package static let strictOnce = Modes(rawValue: 8)
        package static let allowReentry = Modes(rawValue: 16)

        static let names: [(name: String, mode: Modes)] = [
            ("strict_order", .strictOrder), ("strict_deduplication", .strictDeduplication), ("strict_increase", .strictIncrease),
            ("strict_once", .strictOnce), ("allow_reentry", .allowReentry),
        ]

        package init(rawValue: UInt8) {
            self.rawValue = rawValue
        }
    }

    /// Of all chains of events the one that gets furthest, then the one that starts first; an event fills one step.
    case journeyd(Order)
    /// What ClickHouse 26.9 answers for `windowFunnel(window, modes…)(time, steps…)`.
    case clickHouse(Modes)
    /// What PostHog's funnel engine answers; `any` is its `unordered`.
    case postHog(Order)

    /// The name that answers give.
    package var name: String {
        switch self {
        case .journeyd: "journeyd/1"
        case .clickHouse: "clickhouse/26.9"
        case .postHog: "posthog"
        }
    }

    static let names = ["journeyd/1", "clickhouse/26.9", "posthog"]

    /// Whether every event of a journey matters, not only those that match something.
    var seesEveryEvent: Bool {
        switch self {
        case .journeyd(let order), .postHog(let order): order == .strict
        case .clickHouse(let modes): modes.contains(.strictOrder)
        }
    }
}
