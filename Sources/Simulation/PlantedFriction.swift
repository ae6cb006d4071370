/// The three frictions that are planted, so that a reader of the journeys has something to find.
///
/// Nothing else in a journey depends on region, product, segment or origin.
struct PlantedFriction {
    /// Whether they are there; without them, every region, product and segment fares as the rest.
    let isPlanted: Bool

    /// How many times as long as elsewhere a qualified lead of `region` waits for sales.
    func handoffFactor(region: String) -> Int {
        isPlanted && region == "north" ? 6 : 1
    }

    /// How many of a thousand invoices for `product` are issued a second time.
    func reissues(product: String) -> Int {
        isPlanted && product == "atlas" ? 450 : 30
    }

    /// How many of a thousand tickets of `segment` bounce between departments, and how often each of them does.
    func bounces(segment: String) -> (permille: Int, times: ClosedRange<Int>) {
        isPlanted && segment == "enterprise" ? (350, 3...6) : (30, 1...1)
    }
}
