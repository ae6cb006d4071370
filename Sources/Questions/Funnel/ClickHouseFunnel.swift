/// `windowFunnel` of ClickHouse 26.9 without `strict_once`: `AggregateFunctionWindowFunnel.cpp`, `getEventLevelNonStrictOnce`.
///
/// Each row gives an entry for each step it matches, in the order of time, then step; of each level only the latest chain is kept.
struct ClickHouseFunnel: FunnelEngine {
    /// A row in the place of one step.
    struct Entry: Sendable {
        let time: Int64
        /// From 0; -1 for a row that matches nothing, which counts with `strict_order`.
        let step: Int32
        let match: Int32
    }

    /// The latest chain of a level.
    private struct Level: Sendable {
        var isSet = false
        var first: Int64 = 0
        var last: Int64 = 0
    }

    var rules: FunnelRules
    let modes: FunnelSemantics.Modes
    private var entries: [Entry] = []
    private var levels: [Level]
    private var paths: [Int32]

    init(_ rules: FunnelRules, _ modes: FunnelSemantics.Modes) {
        self.rules = rules
        self.modes = modes
        levels = Array(repeating: Level(), count: rules.steps)
        paths = Array(repeating: 0, count: rules.steps * rules.steps)
    }

    mutating func run(_ matches: Span<FunnelMatch>, _ outcome: inout FunnelOutcome) {
        ClickHouseFunnel.fill(&entries, matches, strictOrder: modes.contains(.strictOrder))
        for level in levels.indices { levels[level].isSet = false }
        var ended = false
        outcome.level = level(&ended)
        outcome.isOpen =
            !ended && outcome.level > 0 && outcome.level < rules.steps
            && levels.contains { $0.isSet && $0.first + rules.window >= rules.at }
        for place in 0..<outcome.level { outcome.chain[place] = paths[(outcome.level - 1) * rules.steps + place] }
    }

    /// The entries in the order of time, then step, then row.
    static func fill(_ entries: inout [Entry], _ matches: Span<FunnelMatch>, strictOrder: Bool) {
        entries.removeAll(keepingCapacity: true)
        var group = 0
        for index in 0..<matches.count {
            let match = matches[index]
            if let last = entries.last, last.time != match.time {
                sort(&entries, from: group)
                group = entries.count
            }
            if match.steps == 0, strictOrder { entries.append(Entry(time: match.time, step: -1, match: Int32(index))) }
            match.steps.forEachBitDescending { entries.append(Entry(time: match.time, step: Int32($0), match: Int32(index))) }
        }
        sort(&entries, from: group)
    }

    private static func sort(_ entries: inout [Entry], from start: Int) {
        guard entries.count - start > 1 else { return }
        entries[start...].sort { ($0.step, $0.match) < ($1.step, $1.match) }
    }

    private mutating func level(_ ended: inout Bool) -> Int {
        var hasEntered = false
        for entry in entries {
            let step = Int(entry.step)
            if step < 0 {
                ended = hasEntered
                if hasEntered { break }
            } else if step == 0 {
                levels[0] = Level(isSet: true, first: entry.time, last: entry.time)
                paths[0] = entry.match
                hasEntered = true
                // Only with `strict_order` does the source walk funnels of one step.
                if rules.steps == 1 { return 1 }
            } else if modes.contains(.strictDeduplication), levels[step].isSet {
                ended = true
                return highest
            } else if modes.contains(.strictOrder), hasEntered, !levels[step - 1].isSet {
                if modes.contains(.allowReentry) { continue }
                ended = true
                return levels.firstIndex { !$0.isSet } ?? rules.steps
            } else if levels[step - 1].isSet, extends(entry, levels[step - 1]) {
                levels[step] = Level(isSet: true, first: levels[step - 1].first, last: entry.time)
                for place in 0..<step { paths[step * rules.steps + place] = paths[(step - 1) * rules.steps + place] }
                paths[step * rules.steps + step] = entry.match
                if step + 1 == rules.steps { return rules.steps }
            }
        }
        return highest
    }

    private func extends(_ entry: Entry, _ level: Level) -> Bool {
        entry.time <= level.first + rules.window && (!modes.contains(.strictIncrease) || level.last < entry.time)
    }

    private var highest: Int { (levels.lastIndex { $0.isSet } ?? -1) + 1 }
}
