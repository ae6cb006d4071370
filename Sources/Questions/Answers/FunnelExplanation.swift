internal import EventLog
internal import JourneyModel
internal import Timelines

/// Why one journey came out of a funnel as it did: what matched, what ended each try, and what change of a rule would have converted it.
struct FunnelExplanation {
    /// Most events and tries that are told.
    private static let maximumMatches = 1000
    private static let maximumTries = 100

    private let plan: FunnelPlan
    private let columns: JourneyColumns
    private let rules: FunnelRules
    private let base: Int64
    private let matches: [FunnelMatch]
    private let outcome: FunnelOutcome
    private let name: String

    /// - Parameter subject: any subject of the journey.
    init(_ subject: String, _ plan: FunnelPlan, _ columns: JourneyColumns) throws(QuestionFault) {
        let journeys = plan.journeys
        guard let number = columns.subject(columns.log.storedName(subject)), Int(number) < journeys.roots.count,
            let journey = journeys.journey(root: journeys.roots[Int(number)])
        else {
            throw .invalid(
                "/explain/journey",
                "no event up to position \(journeys.position) speaks of '\(subject)'; subjects are kind:id, such as lead:42")
        }
        self.plan = plan
        self.columns = columns
        base = journey.chunk.base
        rules = plan.rules(base: base)
        var matches = FunnelScan(plan: plan, semantics: plan.definition.semantics, listing: .none, monitor: WorkMonitor()).matches(
            journey)
        if !plan.counted.isEmpty, plan.counted[Int(number)] {
            matches.removeAll { match in
                let other = journeys.table.subject(match.row)
                return other != number && plan.counted[Int(other)]
            }
        }
        self.matches = matches
        outcome = FunnelRun.outcome(plan.definition.semantics, rules, matches)
        name = JourneyNames([journey.root], journeys, columns)[journey.root]
    }

    func write(to writer: inout JSONWriter) {
        writer.key("explain")
        writer.object { writer in
            writer.member("journey", name)
            writer.member("level", outcome.level)
            writer.key("undecided")
            writer.bool(outcome.isOpen)
            writer.key("positions")
            writer.array { writer in for place in 0..<outcome.level { writer.number(position(Int(outcome.chain[place]))) } }
            writer.key("matches")
            writer.array { writer in
                for index in matches.indices.prefix(FunnelExplanation.maximumMatches) where matches[index].mask != 0 {
                    writer.object { writer in
                        writeEvent(index, to: &writer)
                        writer.key("steps")
                        writer.array { writer in
                            for step in 0..<rules.steps where matches[index].steps >> UInt32(step) & 1 != 0 { writer.number(step + 1) }
                        }
                        if matches[index].exclusions != 0 {
                            writer.key("excludes")
                            writer.bool(true)
                        }
                    }
                }
            }
            writer.key("tries")
            writer.array { writer in for attempt in attempts { write(attempt, to: &writer) } }
            writer.key("changes")
            writer.array { writer in for change in changes { change.write(to: &writer) } }
        }
    }

    private func position(_ index: Int) -> Position { plan.journeys.table.position(matches[index].row) }

    private func writeEvent(_ index: Int, to writer: inout JSONWriter) {
        writer.member("position", position(index))
        writer.member("time", Timestamp(microseconds: base + matches[index].time).text)
        let type = plan.journeys.table.type(matches[index].row)
        writer.member("type", UInt32(type) == EventRecord.unlisted ? nil : columns.log.symbol(UInt32(type)))
    }

    // MARK: - Tries

    /// One entry and how it ended.
    private struct Try {
        var chain: [Int]
        var rule: Rule
    }

    private enum Rule {
        case converted
        /// The next step came, this long after the window was over.
        case window(index: Int, by: Int64)
        case excluded(index: Int)
        /// Something else came between, which a strict order forbids.
        case interrupted(index: Int)
        /// The next step came, this long before the step it has to follow.
        case order(index: Int, by: Int64)
        /// The next step has not come, and may yet.
        case undecided
        /// The next step never came.
        case missing
    }

    /// The order that the semantics ask for.
    private var order: FunnelSemantics.Order {
        switch plan.definition.semantics {
        case .journeyd(let order), .postHog(let order): order
        case .clickHouse: .ordered
        }
    }

    /// Each entry with the earliest events that follow it.
    private var attempts: [Try] {
        let entry: UInt32 = order == .any ? ~0 : 1
        return matches.indices.filter { matches[$0].steps & entry != 0 }.prefix(FunnelExplanation.maximumTries).map { attempt(from: $0) }
    }

    private func attempt(from start: Int) -> Try {
        var chain = [start]
        var filled: UInt32 = order == .any ? matches[start].steps & (0 &- matches[start].steps) : 1
        for index in matches.indices.dropFirst(start + 1) where chain.count < rules.steps {
            let match = matches[index]
            let fills = match.steps & (order == .any ? ~filled : 1 << UInt32(chain.count))
            let elapsed = match.time - matches[start].time
            if fills != 0, elapsed > rules.window { return Try(chain: chain, rule: .window(index: index, by: elapsed - rules.window)) }
            if fills != 0 {
                filled |= fills & (0 &- fills)
                chain.append(index)
            } else if order == .strict {
                return Try(chain: chain, rule: .interrupted(index: index))
            } else if rules.endedLevels(match) >> UInt32(chain.count - 1) & 1 != 0 {
                return Try(chain: chain, rule: .excluded(index: index))
            }
        }
        return Try(chain: chain, rule: chain.count == rules.steps ? .converted : unfinished(chain))
    }

    private func unfinished(_ chain: [Int]) -> Rule {
        let (first, last) = (chain[0], chain[chain.count - 1])
        if matches[first].time + rules.window >= rules.at { return .undecided }
        let early = matches.indices.prefix(last + 1).last { $0 != last && matches[$0].steps >> UInt32(chain.count) & 1 != 0 }
        if order != .any, let early { return .order(index: early, by: matches[last].time - matches[early].time) }
        return .missing
    }

    private func write(_ attempt: Try, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("level", attempt.chain.count)
            writer.key("positions")
            writer.array { writer in for index in attempt.chain { writer.number(position(index)) } }
            let next = attempt.chain.count < rules.steps ? plan.definition.names[attempt.chain.count] : ""
            switch attempt.rule {
            case .converted: writer.member("ended", "converted")
            case .window(let index, let by):
                writer.member("ended", "window")
                writer.member("by", microseconds: by)
                writer.member("position", position(index))
                writer.member("reason", "\(next) came \(FunnelExplanation.text(by)) after the window was over")
            case .excluded(let index):
                writer.member("ended", "excluded")
                writer.member("position", position(index))
                writer.member("reason", "the event at position \(position(index)) must not come before \(next)")
            case .interrupted(let index):
                writer.member("ended", "interrupted")
                writer.member("position", position(index))
                writer.member("reason", "another event, at position \(position(index)), came before \(next)")
            case .order(let index, let by):
                writer.member("ended", "order")
                writer.member("by", microseconds: by)
                writer.member("position", position(index))
                writer.member("reason", "\(next) came \(FunnelExplanation.text(by)) before the step it has to follow, and not again")
            case .undecided: writer.member("ended", "undecided")
            case .missing:
                writer.member("ended", "missing")
                writer.member("reason", order == .any ? "the other steps did not come" : "\(next) did not come")
            }
        }
    }

    // MARK: - Changes

    /// One rule changed so that the journey converts.
    private struct Change {
        let rule: String
        let detail: String
        var window: Int64?

        func write(to writer: inout JSONWriter) {
            writer.object { writer in
                writer.member("rule", rule)
                if let window { writer.member("window", microseconds: window) }
                writer.member("reason", detail)
            }
        }
    }

    /// The single changes that would have converted it, the smallest first: a longer window, an exclusion less, a mode less, a looser order.
    private var changes: [Change] {
        guard outcome.level < rules.steps else { return [] }
        let semantics = plan.definition.semantics
        var changes: [Change] = []
        if let window = shortestWindow(semantics) {
            let longer = FunnelExplanation.text(window - rules.window)
            changes.append(Change(rule: "window", detail: "a window \(longer) longer would have converted it", window: window))
        }
        for exclusion in rules.ends.indices {
            var ends = rules.ends
            ends[exclusion] = 0
            let without = matches.map { FunnelMatch(time: $0.time, mask: $0.mask & ~(1 << UInt64(32 + exclusion)), row: $0.row) }
            let kept = semantics.seesEveryEvent ? without : without.filter { $0.mask != 0 }
            if converts(semantics, FunnelRules(steps: rules.steps, window: rules.window, at: rules.at, ends: ends), kept) {
                changes.append(Change(rule: "exclude", detail: "without exclusion \(exclusion + 1) it would have converted"))
            }
        }
        for (looser, words) in semantics.looser {
            let kept = looser.seesEveryEvent ? matches : matches.filter { $0.mask != 0 }
            if converts(looser, rules, kept) { changes.append(Change(rule: "order", detail: "\(words) it would have converted")) }
        }
        return changes
    }

    /// The shortest window that would have converted it; nil where none would.
    private func shortestWindow(_ semantics: FunnelSemantics) -> Int64? {
        guard let first = matches.first, let last = matches.last, last.time - first.time > rules.window else { return nil }
        func converts(_ window: Int64) -> Bool {
            self.converts(semantics, FunnelRules(steps: rules.steps, window: window, at: rules.at, ends: rules.ends), matches)
        }
        var (low, high) = (rules.window, last.time - first.time)
        guard converts(high) else { return nil }
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if converts(middle) { high = middle } else { low = middle }
        }
        return high
    }

    private func converts(_ semantics: FunnelSemantics, _ rules: FunnelRules, _ matches: [FunnelMatch]) -> Bool {
        FunnelRun.outcome(semantics, rules, matches).level == rules.steps
    }

    /// A length of time in words: its two largest units.
    private static func text(_ microseconds: Int64) -> String {
        let units: [(name: String, length: Int64)] = [
            ("d", 86_400_000_000), ("h", 3_600_000_000), ("min", 60_000_000), ("s", 1_000_000), ("ms", 1_000), ("µs", 1),
        ]
        var rest = microseconds
        var parts: [String] = []
        for (name, length) in units where parts.count < 2 {
            if rest >= length { parts.append("\(rest / length) \(name)") } else if !parts.isEmpty { break }
            rest %= length
        }
        return parts.isEmpty ? "0 s" : parts.joined(separator: " ")
    }
}

extension FunnelSemantics {
    /// The semantics that are one rule looser, and how to say so.
    fileprivate var looser: [(FunnelSemantics, String)] {
        switch self {
        case .journeyd(.strict): [(.journeyd(.ordered), "with other events allowed between")]
        case .journeyd(.ordered): [(.journeyd(.any), "in any order")]
        case .postHog(.strict): [(.postHog(.ordered), "with other events allowed between")]
        case .postHog(.ordered): [(.postHog(.any), "in any order")]
        case .journeyd(.any), .postHog(.any): []
        case .clickHouse(let modes):
            Modes.names.filter { modes.contains($0.mode) && ($0.mode != .strictOrder || !modes.contains(.allowReentry)) }
                .map { (.clickHouse(modes.subtracting($0.mode)), "without \($0.name)") }
        }
    }
}
