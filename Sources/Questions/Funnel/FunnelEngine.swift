/// One way to hold a journey against a funnel.
protocol FunnelEngine: Sendable {
    /// What it knows of the funnel.
    var rules: FunnelRules { get set }
    /// Works out how far the matches get. A pure function of them: an engine only keeps room to work in.
    mutating func run(_ matches: Span<FunnelMatch>, _ outcome: inout FunnelOutcome)
}

extension FunnelSemantics {
    /// The engine for a funnel of journeys or subjects.
    func engine(_ rules: FunnelRules) -> any FunnelEngine {
        switch self {
        case .journeyd(.ordered): OrderedFunnel(rules)
        case .journeyd(.strict): StrictFunnel(rules: rules)
        case .journeyd(.any): AnyOrderFunnel(rules: rules)
        case .clickHouse(let modes) where modes.contains(.strictOnce): ClickHouseOnceFunnel(rules, modes)
        case .clickHouse(let modes): ClickHouseFunnel(rules, modes)
        case .postHog(.any): PostHogUnorderedFunnel(rules)
        case .postHog(let order): PostHogFunnel(rules, isStrict: order == .strict)
        }
    }
}
