/// `journeyd/1` worked out the slow and obvious way: every chain there is, and the best of them.
struct FunnelModel {
    struct Event {
        let time: Int
        let steps: Set<Int>
        let exclusions: Set<Int>
    }

    let steps: Int
    let window: Int
    /// Behind step `from` and before step `to`, counted from 1.
    let exclusions: [(from: Int, to: Int)]

    /// The best chain, as numbers of events; empty where the journey does not enter.
    func ordered(_ events: [Event]) -> [Int] {
        var best: [Int] = []
        extend([], events) { chain in if isBetter(chain, best) { best = chain } }
        return best
    }

    private func extend(_ chain: [Int], _ events: [Event], _ found: ([Int]) -> Void) {
        if !chain.isEmpty { found(chain) }
        guard chain.count < steps else { return }
        for next in ((chain.last ?? -1) + 1)..<max(events.count, (chain.last ?? -1) + 1) where events[next].steps.contains(chain.count + 1)
        {
            guard let first = chain.first, let last = chain.last else {
                extend([next], events, found)
                continue
            }
            guard events[next].time - events[first].time <= window else { continue }
            let isExcluded = (last + 1..<next).contains { between in
                events[between].exclusions.contains { exclusions[$0].from <= chain.count && chain.count < exclusions[$0].to }
            }
            if !isExcluded { extend(chain + [next], events, found) }
        }
    }

    /// Further, then first, then the earliest at each step.
    private func isBetter(_ chain: [Int], _ other: [Int]) -> Bool {
        chain.count != other.count ? chain.count > other.count : chain.lexicographicallyPrecedes(other)
    }

    /// Whether a chain could go on at `moment`: it is not full, its window is open, and nothing has ended it.
    func isOpen(_ events: [Event], at moment: Int) -> Bool {
        guard ordered(events).count < steps else { return false }
        var isOpen = false
        extend([], events) { chain in
            guard chain.count < steps, let first = chain.first, let last = chain.last, events[first].time + window >= moment else { return }
            let isExcluded = events[(last + 1)...].contains { event in
                event.exclusions.contains { exclusions[$0].from <= chain.count && chain.count < exclusions[$0].to }
            }
            if !isExcluded { isOpen = true }
        }
        return isOpen
    }

    /// The longest run of neighbours, of equals the first.
    func strict(_ events: [Event]) -> [Int] {
        var best: [Int] = []
        for start in events.indices {
            var chain: [Int] = []
            while chain.count < steps, start + chain.count < events.count, events[start + chain.count].steps.contains(chain.count + 1),
                events[start + chain.count].time - events[start].time <= window
            {
                chain.append(start + chain.count)
            }
            if chain.count > best.count { best = chain }
        }
        return best
    }

    /// The most steps that different events fill within a window that no exclusion parts.
    func anyOrder(_ events: [Event]) -> Int {
        var best = 0
        func assign(_ index: Int, _ end: Int, _ filled: Set<Int>) {
            best = max(best, filled.count)
            guard index < end else { return }
            assign(index + 1, end, filled)
            for step in events[index].steps where !filled.contains(step) { assign(index + 1, end, filled.union([step])) }
        }
        for start in events.indices where events[start].exclusions.isEmpty {
            var end = start
            while end < events.count, events[end].exclusions.isEmpty, events[end].time - events[start].time <= window { end += 1 }
            assign(start, end, [])
        }
        return best
    }
}
