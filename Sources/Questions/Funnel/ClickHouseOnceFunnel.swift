/// `windowFunnel` of ClickHouse 26.9 with `strict_once`: `AggregateFunctionWindowFunnel.cpp`, `getEventLevelStrictOnce`.
///
/// There every chain is kept, and an entry extends those that its row is not part of yet. What differs between two chains of a level ends with the
/// moment of their last entry: rows do not come again later, and later entries are later than both. So between moments the chain with the
/// latest start stands for all, and within a moment one that starts no earlier and has taken no other rows of the moment stands for another.
struct ClickHouseOnceFunnel: FunnelEngine {
    /// A chain of one level.
    private struct Chain: Sendable {
        let first: Int64
        let last: Int64
        /// Matches, by step.
        let path: [Int32]
        /// Where in `path` the matches of the current moment begin.
        var fresh: Int
    }

    var rules: FunnelRules
    let modes: FunnelSemantics.Modes
    private var entries: [ClickHouseFunnel.Entry] = []
    private var levels: [[Chain]]

    init(_ rules: FunnelRules, _ modes: FunnelSemantics.Modes) {
        self.rules = rules
        self.modes = modes
        levels = Array(repeating: [], count: rules.steps)
    }

    mutating func run(_ matches: Span<FunnelMatch>, _ outcome: inout FunnelOutcome) {
        ClickHouseFunnel.fill(&entries, matches, strictOrder: modes.contains(.strictOrder))
        for level in levels.indices { levels[level].removeAll(keepingCapacity: true) }
        var ended = false
        outcome.level = level(&ended)
        outcome.isOpen =
            !ended && outcome.level > 0 && outcome.level < rules.steps
            && levels.contains { $0.contains { $0.first + rules.window >= rules.at } }
        guard outcome.level > 0, let chain = levels[outcome.level - 1].first else { return }
        for place in 0..<outcome.level { outcome.chain[place] = chain.path[place] }
    }

    private mutating func level(_ ended: inout Bool) -> Int {
        var hasEntered = false
        var moment = Int64.min
        for entry in entries {
            if entry.time != moment { settle() }
            moment = entry.time
            let step = Int(entry.step)
            if step < 0 {
                ended = hasEntered
                if hasEntered { break }
            } else if step == 0 {
                insert(Chain(first: entry.time, last: entry.time, path: [entry.match], fresh: 0), 0)
                hasEntered = true
                if rules.steps == 1 { return 1 }
            } else if modes.contains(.strictDeduplication), !levels[step].isEmpty {
                ended = true
                return highest
            } else if modes.contains(.strictOrder), hasEntered, levels[step - 1].isEmpty {
                if modes.contains(.allowReentry) { continue }
                ended = true
                return levels.firstIndex { $0.isEmpty } ?? rules.steps
            } else {
                for chain in levels[step - 1] where extends(entry, chain) {
                    insert(Chain(first: chain.first, last: entry.time, path: chain.path + [entry.match], fresh: chain.fresh), step)
                    if step + 1 == rules.steps { return rules.steps }
                }
            }
        }
        return highest
    }

    private func extends(_ entry: ClickHouseFunnel.Entry, _ chain: Chain) -> Bool {
        entry.time <= chain.first + rules.window && !chain.path[chain.fresh...].contains(entry.match)
            && (!modes.contains(.strictIncrease) || chain.last < entry.time)
    }

    /// Adds a chain, unless another can do all that it can.
    private mutating func insert(_ chain: Chain, _ level: Int) {
        func covers(_ one: Chain, _ other: Chain) -> Bool {
            one.first >= other.first && (!modes.contains(.strictIncrease) || one.last <= other.last)
                && one.path[one.fresh...].allSatisfy { other.path[other.fresh...].contains($0) }
        }
        guard !levels[level].contains(where: { covers($0, chain) }) else { return }
        levels[level].removeAll { covers(chain, $0) }
        levels[level].append(chain)
    }

    /// A moment is over: one chain a level is enough.
    private mutating func settle() {
        for level in levels.indices {
            guard var latest = levels[level].max(by: { $0.first < $1.first }) else { continue }
            latest.fresh = latest.path.count
            if levels[level].count > 1 || levels[level][0].fresh != latest.fresh { levels[level] = [latest] }
        }
    }

    private var highest: Int { (levels.lastIndex { !$0.isEmpty } ?? -1) + 1 }
}
