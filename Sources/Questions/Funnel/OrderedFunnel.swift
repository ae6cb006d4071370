/// `journeyd/1`, ordered: of all chains (events that fill steps 1, 2 … in the order of time, the last within the window of the first, no
/// excluded event between the steps it must not come between) the one that gets furthest, then the one that starts first, then the one that is
/// earliest at each step.
///
/// Three walks over the matches, O(matches × their steps) in all: forward for how far it gets, where only the latest start of each level
/// matters, as it lives longest; backward for the first start that gets as far; forward from there for the chain.
struct OrderedFunnel: FunnelEngine {
    var rules: FunnelRules
    // Room for the chains of all levels, where exclusions may take one away.
    private var paths = [Int32](repeating: 0, count: FunnelDefinition.maximumSteps * FunnelDefinition.maximumSteps)

    init(_ rules: FunnelRules) {
        self.rules = rules
    }

    mutating func run(_ matches: Span<FunnelMatch>, _ outcome: inout FunnelOutcome) {
        reach(matches, &outcome)
        guard outcome.level > 0 else { return }
        guard rules.ends.isEmpty else {
            return followExcluding(matches, from: firstStart(matches, outcome.level), level: outcome.level, &outcome)
        }
        var start = 0
        while matches[start].steps & 1 == 0 { start += 1 }
        // Most often the first start is the one, and need not be looked for from behind.
        if !follow(matches, from: start, level: outcome.level, &outcome) {
            _ = follow(matches, from: firstStart(matches, outcome.level), level: outcome.level, &outcome)
        }
    }

    /// How far the journey gets, and whether it may get further.
    private func reach(_ matches: Span<FunnelMatch>, _ outcome: inout FunnelOutcome) {
        // By level, until when its latest chain can go on; that of no steps at all begins with every event.
        var deadlines = InlineArray<33, Int64>(repeating: .min)
        let (steps, window) = (rules.steps, rules.window)
        var best = 0
        for index in 0..<matches.count where best < steps {
            let match = matches[index]
            deadlines[0] = match.time &+ window
            if match.exclusions != 0 {
                best = max(best, OrderedFunnel.step(match, rules, &deadlines))
                continue
            }
            var rest = match.steps
            // High to low: an event fills one step of a chain.
            while rest != 0 {
                let step = 31 &- rest.leadingZeroBitCount
                rest &= ~(1 << UInt32(truncatingIfNeeded: step))
                // No branches: whether a chain goes on is as good as random.
                let deadline = deadlines[step]
                let goesOn = match.time <= deadline
                deadlines[step + 1] = goesOn ? deadline : deadlines[step + 1]
                best = max(best, goesOn ? step + 1 : 0)
            }
        }
        outcome.level = best
        outcome.isOpen = false
        guard best < steps else { return }
        for level in 1..<max(1, steps) where deadlines[level] >= rules.at { outcome.isOpen = true }
    }

    /// One match that is an exclusion as well: it ends the chains it comes between, not those whose step it fills.
    private static func step(_ match: FunnelMatch, _ rules: FunnelRules, _ deadlines: inout InlineArray<33, Int64>) -> Int {
        let before = deadlines
        var best = 0
        rules.endedLevels(match).forEachBitDescending { deadlines[$0 + 1] = .min }
        match.steps.forEachBitDescending { step in
            guard match.time <= before[step] else { return }
            deadlines[step + 1] = max(deadlines[step + 1], before[step])
            best = max(best, step + 1)
        }
        return best
    }

    /// The first match that begins a chain of `level` steps.
    private func firstStart(_ matches: Span<FunnelMatch>, _ level: Int) -> Int {
        // By step, when steps from it to the last are done at the earliest by events behind the current one.
        var done = InlineArray<33, Int64>(repeating: .max)
        var start = 0
        let wanted: UInt32 = level == 32 ? ~0 : 1 << UInt32(level) - 1
        for index in stride(from: matches.count - 1, through: 0, by: -1) {
            let match = matches[index]
            // What ends chains of l + 1 steps parts step l + 1 from step l + 2; the match itself may still be one of the two.
            let parted = match.exclusions == 0 ? 0 : rules.endedLevels(match) << 1
            var rest = match.steps & wanted
            // Low to high: what is behind the next step is read before this match changes it.
            while rest != 0 {
                let step = rest.trailingZeroBitCount
                rest &= rest - 1
                let end = step == level - 1 ? match.time : done[step + 1]
                if step == 0 {
                    if end != .max, end - match.time <= rules.window { start = index }
                } else {
                    let other = parted >> UInt32(step) & 1 != 0 ? .max : done[step]
                    done[step] = min(other, end)
                }
            }
            (parted & wanted & ~match.steps).forEachBitDescending { done[$0] = .max }
        }
        return start
    }

    /// The earliest chain of `level` steps that begins with the match `start`, where nothing is excluded.
    ///
    /// - Returns: false where its window is over before.
    private func follow(_ matches: Span<FunnelMatch>, from start: Int, level: Int, _ outcome: inout FunnelOutcome) -> Bool {
        outcome.chain[0] = Int32(start)
        let end = matches[start].time &+ rules.window
        var reached = 1
        var index = start + 1
        while reached < level {
            guard index < matches.count, matches[index].time <= end else { return false }
            if matches[index].steps >> UInt32(reached) & 1 != 0 {
                outcome.chain[reached] = Int32(index)
                reached += 1
            }
            index += 1
        }
        return true
    }

    private mutating func followExcluding(
        _ matches: Span<FunnelMatch>, from start: Int, level: Int, _ outcome: inout FunnelOutcome
    ) {
        outcome.chain[0] = Int32(start)
        guard level > 1 else { return }
        let width = FunnelDefinition.maximumSteps
        var alive: UInt32 = 1
        paths[0] = Int32(start)
        for index in (start + 1)..<matches.count {
            let match = matches[index]
            // A step is filled once, unless an exclusion has taken its chain away.
            let fresh = match.steps & (alive << 1) & ~alive
            let extended = match.steps & (alive << 1)
            let ended = rules.endedLevels(match)
            let taken = (fresh | extended & ended) & ~1
            taken.forEachBitDescending { step in
                for place in 0..<step { paths[step * width + place] = paths[(step - 1) * width + place] }
                paths[step * width + step] = Int32(index)
            }
            alive = alive & ~ended | taken
            if alive >> UInt32(level - 1) & 1 != 0 {
                for place in 0..<level { outcome.chain[place] = paths[(level - 1) * width + place] }
                return
            }
        }
    }
}
