/// PostHog's funnel of steps in any order: `funnel-udf/src/unordered_steps.rs`.
///
/// An event that matches several steps counts for the first. Each step has a queue of its events within the window of the latest event; the most
/// queues that are not empty at once is how far the journey gets. Exclusions count for nothing there.
struct PostHogUnorderedFunnel: FunnelEngine {
    var rules: FunnelRules
    // By step, the matches of its queue: those from `heads` on.
    private var queues: [[Int32]]
    private var heads: [Int]

    init(_ rules: FunnelRules) {
        self.rules = rules
        queues = Array(repeating: [], count: rules.steps)
        heads = Array(repeating: 0, count: rules.steps)
    }

    mutating func run(_ matches: Span<FunnelMatch>, _ outcome: inout FunnelOutcome) {
        for step in queues.indices {
            queues[step].removeAll(keepingCapacity: true)
            heads[step] = 0
        }
        outcome.level = 0
        outcome.isOpen = false
        var latest: Int64?
        for index in 0..<matches.count where matches[index].steps != 0 {
            let match = matches[index]
            latest = match.time
            queues[match.steps.trailingZeroBitCount].append(Int32(index))
            var filled = 0
            for step in queues.indices {
                while heads[step] < queues[step].count, match.time - matches[Int(queues[step][heads[step]])].time > rules.window {
                    heads[step] += 1
                }
                if heads[step] < queues[step].count { filled += 1 }
            }
            if filled > outcome.level { keep(filled, &outcome) }
        }
        if outcome.level < rules.steps, let latest, latest + rules.window >= rules.at { outcome.isOpen = true }
    }

    private func keep(_ filled: Int, _ outcome: inout FunnelOutcome) {
        let fronts = queues.indices.compactMap { heads[$0] < queues[$0].count ? queues[$0][heads[$0]] : nil }.sorted()
        outcome.level = filled
        for (place, match) in fronts.enumerated() { outcome.chain[place] = match }
    }
}
