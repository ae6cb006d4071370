/// `journeyd/1`, strict: the longest run of neighbouring events that fill steps 1, 2 … within the window, of equals the first. Every event of the journey
/// must be among the matches, also those that match nothing. O(events × steps).
struct StrictFunnel: FunnelEngine {
    var rules: FunnelRules

    func run(_ matches: Span<FunnelMatch>, _ outcome: inout FunnelOutcome) {
        outcome.level = 0
        outcome.isOpen = false
        for start in 0..<matches.count where matches[start].steps & 1 != 0 {
            let level = length(matches, from: start)
            if level > outcome.level {
                outcome.level = level
                for step in 0..<level { outcome.chain[step] = Int32(start + step) }
            }
            // Nothing has come between yet where the run ends with the journey.
            if start + level == matches.count, matches[start].time + rules.window >= rules.at { outcome.isOpen = true }
            if outcome.level == rules.steps { break }
        }
        if outcome.level == rules.steps { outcome.isOpen = false }
    }

    /// How many steps the events from `start` on fill, which fills the first.
    func length(_ matches: Span<FunnelMatch>, from start: Int) -> Int {
        var level = 1
        while level < rules.steps, start + level < matches.count, matches[start + level].steps >> UInt32(level) & 1 != 0,
            matches[start + level].time - matches[start].time <= rules.window
        {
            level += 1
        }
        return level
    }
}
