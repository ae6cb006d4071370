/// The tries of one journey, by `journeyd/1`.
///
/// A try begins with a first step (in any order: with any step), goes on with the earliest events that fill its next steps, and ends with its
/// conversion, the end of its window or an exclusion. Entries in between are part of it, unless one gets further: that is a new
/// try, and ends the one before. Then every journey that converts has a try that does.
/// O(entries × matches within a window).
struct FunnelAttempts: Sendable {
    let rules: FunnelRules
    let order: FunnelSemantics.Order

    private struct Attempt {
        var outcome = FunnelOutcome()
        /// The first match behind it.
        var end = 0
    }

    /// Calls `body` with each try, in the order of time.
    func forEach(_ matches: Span<FunnelMatch>, _ monitor: () -> Bool, _ body: (FunnelOutcome) -> Void) {
        var current: Attempt?
        let entry: UInt32 = order == .any ? ~0 : 1
        for start in 0..<matches.count where matches[start].steps & entry != 0 {
            if start & 0xFFF == 0, monitor() { return }
            let attempt = attempt(matches, from: start)
            guard let last = current else {
                current = attempt
                continue
            }
            if start >= last.end {
                body(last.outcome)
                current = attempt
            } else if attempt.outcome.level > last.outcome.level {
                var superseded = last.outcome
                superseded.isOpen = false
                body(superseded)
                current = attempt
            }
        }
        if let current { body(current.outcome) }
    }

    private func attempt(_ matches: Span<FunnelMatch>, from start: Int) -> Attempt {
        var attempt = Attempt()
        attempt.outcome.level = 1
        attempt.outcome.chain[0] = Int32(start)
        attempt.outcome.isOpen = rules.steps > 1 && matches[start].time + rules.window >= rules.at
        // In any order: the steps that are filled, the lowest that an event can fill first.
        var filled: UInt32 = order == .any ? matches[start].steps & (0 &- matches[start].steps) : 1
        var index = start + 1
        while attempt.outcome.level < rules.steps, index < matches.count, matches[index].time - matches[start].time <= rules.window {
            let match = matches[index]
            let wanted: UInt32 = order == .any ? ~filled : 1 << UInt32(attempt.outcome.level)
            let fills = match.steps & wanted
            if fills != 0 {
                filled |= fills & (0 &- fills)
                attempt.outcome.chain[attempt.outcome.level] = Int32(index)
                attempt.outcome.level += 1
            } else if order == .strict || rules.endedLevels(match) >> UInt32(attempt.outcome.level - 1) & 1 != 0 {
                attempt.outcome.isOpen = false
                attempt.end = index
                return attempt
            }
            index += 1
        }
        if attempt.outcome.level == rules.steps { attempt.outcome.isOpen = false }
        attempt.end = index
        return attempt
    }
}
