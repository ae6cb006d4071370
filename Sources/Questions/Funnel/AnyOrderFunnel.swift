/// `journeyd/1`, any order: the most steps that different events fill within one window, of equals the window that starts first; an excluded event parts
/// what is before it from what is behind.
///
/// O(matches × steps) where no event matches two steps. Where some do, which event fills which step is a bipartite matching, found by augmenting paths
/// (Kuhn) over the first 32 candidates of each step, which are enough for 32 steps: O(matches × steps³) at worst.
struct AnyOrderFunnel: FunnelEngine {
    var rules: FunnelRules

    func run(_ matches: Span<FunnelMatch>, _ outcome: inout FunnelOutcome) {
        outcome.level = 0
        outcome.isOpen = false
        var start = 0
        while start < matches.count {
            var end = start
            while end < matches.count, matches[end].exclusions == 0 { end += 1 }
            run(matches, start..<end, &outcome)
            outcome.isOpen = false
            // Only what comes behind the last exclusion can still grow.
            if end == matches.count, let last = (start..<end).last, matches[last].time + rules.window >= rules.at { outcome.isOpen = true }
            start = end + 1
        }
        if outcome.level == rules.steps { outcome.isOpen = false }
    }

    private func run(_ matches: Span<FunnelMatch>, _ part: Range<Int>, _ outcome: inout FunnelOutcome) {
        var isSimple = true
        for index in part where matches[index].steps.nonzeroBitCount > 1 { isSimple = false }
        var end = part.lowerBound
        // By step, how many events of the window match it.
        var counts = InlineArray<32, Int32>(repeating: 0)
        var distinct = 0
        for start in part {
            while end < part.upperBound, matches[end].time - matches[start].time <= rules.window {
                matches[end].steps.forEachBitDescending { step in
                    if counts[step] == 0 { distinct += 1 }
                    counts[step] += 1
                }
                end += 1
            }
            // Steps that are matched at all bound those that different events fill.
            if distinct > outcome.level {
                let chain = isSimple ? firsts(matches, start..<end, distinct) : assigned(matches, start..<end)
                if chain.count > outcome.level {
                    outcome.level = chain.count
                    for (place, index) in chain.enumerated() { outcome.chain[place] = Int32(index) }
                }
            }
            matches[start].steps.forEachBitDescending { step in
                counts[step] -= 1
                if counts[step] == 0 { distinct -= 1 }
            }
        }
    }

    /// The first event of each step in a window.
    private func firsts(_ matches: Span<FunnelMatch>, _ window: Range<Int>, _ count: Int) -> [Int] {
        var seen: UInt32 = 0
        var chain: [Int] = []
        for index in window where matches[index].steps & ~seen != 0 {
            seen |= matches[index].steps
            chain.append(index)
            if chain.count == count { break }
        }
        return chain
    }

    /// The events of a largest assignment of different events to steps.
    private func assigned(_ matches: Span<FunnelMatch>, _ window: Range<Int>) -> [Int] {
        var candidates = [[Int]](repeating: [], count: rules.steps)
        for index in window {
            matches[index].steps.forEachBitDescending { if candidates[$0].count < rules.steps { candidates[$0].append(index) } }
        }
        var owner: [Int: Int] = [:]
        func augment(_ step: Int, _ tried: inout Set<Int>) -> Bool {
            for event in candidates[step] where tried.insert(event).inserted {
                if let current = owner[event], !augment(current, &tried) { continue }
                owner[event] = step
                return true
            }
            return false
        }
        for step in 0..<rules.steps {
            var tried: Set<Int> = []
            _ = augment(step, &tried)
        }
        return owner.keys.sorted()
    }
}
