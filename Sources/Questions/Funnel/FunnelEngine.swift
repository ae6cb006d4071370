/// One way to hold a journey against a funnel.
protocol FunnelEngine: Sendable {
    /// Works out how far the matches get. A pure function of them: an engine only keeps room to work in.
    mutating func run(_ matches: Span<FunnelMatch>, _ outcome: inout FunnelOutcome)
}
