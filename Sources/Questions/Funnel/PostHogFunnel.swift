/// PostHog's funnel of steps in their order, or strictly so: `funnel-udf/src/steps.rs`.
///
/// A later entry takes the place of an earlier one at each step it gets to; the first chain that gets furthest is told. An exclusion takes the whole
/// journey out. Events of one moment that match different steps are taken in the order of the steps, and neither strictly nor as exclusions.
struct PostHogFunnel: FunnelEngine {
    private struct Entered: Sendable {
        var isSet = false
        var time: Int64 = 0
        var isExcluded = false
    }

    var rules: FunnelRules
    let isStrict: Bool
    /// By step, 0 being the current moment.
    private var entered: [Entered]
    private var paths: [Int32]
    private var best = (level: 0, entered: Entered())

    init(_ rules: FunnelRules, isStrict: Bool) {
        self.rules = rules
        self.isStrict = isStrict
        entered = Array(repeating: Entered(), count: rules.steps + 1)
        paths = Array(repeating: 0, count: (rules.steps + 1) * rules.steps)
    }

    mutating func run(_ matches: Span<FunnelMatch>, _ outcome: inout FunnelOutcome) {
        for step in entered.indices { entered[step] = Entered() }
        best = (0, Entered())
        var start = 0
        while start < matches.count, !entered[rules.steps].isSet {
            var end = start + 1
            while end < matches.count, matches[end].time == matches[start].time { end += 1 }
            entered[0] = Entered(isSet: true, time: matches[start].time)
            takeMoment(matches, start..<end, &outcome)
            start = end
        }
        outcome.level = best.entered.isExcluded ? 0 : best.level
        outcome.isOpen =
            outcome.level > 0 && outcome.level < rules.steps
            && entered[1..<rules.steps].contains { $0.isSet && !$0.isExcluded && $0.time + rules.window >= rules.at }
    }

    private mutating func takeMoment(_ matches: Span<FunnelMatch>, _ moment: Range<Int>, _ outcome: inout FunnelOutcome) {
        var areAlike = true
        for index in moment where matches[index].mask != matches[moment.lowerBound].mask { areAlike = false }
        if areAlike {
            for index in moment { take(matches[index], index, &outcome) }
            return
        }
        for step in 1...rules.steps {
            for index in moment where matches[index].steps >> UInt32(step - 1) & 1 != 0 {
                enter(step, matches[index], index, isOneOfSeveral: true, &outcome)
            }
        }
    }

    private mutating func take(_ match: FunnelMatch, _ index: Int, _ outcome: inout FunnelOutcome) {
        rules.endedLevels(match).forEachBitDescending { exclude(level: $0 + 1, match) }
        match.steps.forEachBitDescending { enter($0 + 1, match, index, isOneOfSeveral: false, &outcome) }
        guard isStrict else { return }
        for step in 1...rules.steps where match.steps >> UInt32(step - 1) & 1 == 0 { entered[step] = Entered() }
    }

    private mutating func exclude(level: Int, _ match: FunnelMatch) {
        let previous = entered[level]
        guard previous.isSet, match.time - previous.time <= rules.window, !previous.isExcluded else { return }
        // A chain that has gone on from here is another step's.
        if level < rules.steps, entered[level + 1].isSet, entered[level + 1].time == previous.time { return }
        entered[level].isExcluded = true
        if best.level == level, match.time - best.entered.time <= rules.window { best.entered.isExcluded = true }
    }

    private mutating func enter(
        _ step: Int, _ match: FunnelMatch, _ index: Int, isOneOfSeveral: Bool, _ outcome: inout FunnelOutcome
    ) {
        let previous = entered[step - 1]
        guard previous.isSet, match.time - previous.time <= rules.window else { return }
        guard !(entered[step].isSet && entered[step].time == previous.time) else { return }
        let width = rules.steps
        if isOneOfSeveral, paths[((step - 1) * width)..<((step - 1) * width + step - 1)].contains(Int32(index)) { return }
        // A chain that is excluded is not handed on, but may be the best so far.
        let isBest = step > best.level || step == best.level && best.entered.isExcluded
        guard isBest || !previous.isExcluded else { return }
        if isBest {
            best = (step, previous)
            for place in 0..<(step - 1) { outcome.chain[place] = paths[(step - 1) * width + place] }
            outcome.chain[step - 1] = Int32(index)
        }
        guard !previous.isExcluded else { return }
        entered[step] = previous
        for place in 0..<(step - 1) { paths[step * width + place] = paths[(step - 1) * width + place] }
        paths[step * width + step - 1] = Int32(index)
    }
}
