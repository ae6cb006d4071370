internal import JourneyModel
package import Timelines

/// What one journey (or try, or subject) adds to a kept funnel, for all moments at which that may be asked.
package struct FunnelContribution: Sendable, Equatable {
    /// Whether it counts in the totals, or in its group alone.
    let isCounted: Bool
    /// Until when it may still reach more; nil where it cannot.
    let deadline: Int64?
    /// The value of the breakdown's field as a symbol plus one, zero for none.
    let group: UInt32
    /// When each step that it reached was filled, in microseconds since 1970.
    let times: [Int64]

    var level: Int { times.count }
}

/// Holds the events of one journey against a funnel, as ``FunnelScan`` does those of many.
package struct FunnelFold: Sendable {
    private let definition: FunnelDefinition
    private let entered: Range<Int64>
    private let attempts: FunnelAttempts?
    private var engine: any FunnelEngine
    private var matches: [FunnelMatch] = []
    private var values: [UInt32] = []
    private var subjects: [UInt32] = []
    private var outcome = FunnelOutcome()

    package init(_ definition: FunnelDefinition) {
        self.definition = definition
        entered = definition.entered ?? Int64.min..<Int64.max
        let rules = FunnelRules(
            steps: definition.steps.count, window: definition.window ?? FunnelPlan.endless, at: .min, ends: definition.ends)
        engine = definition.semantics.engine(rules)
        attempts = definition.unit == .attempts ? FunnelAttempts(rules: rules, order: definition.semantics.order) : nil
    }

    /// What the events add.
    ///
    /// - Parameters:
    ///   - events: of one journey, in the order of time, with what each means.
    ///   - isCounted: whether a subject is of the kind that is counted, where one is.
    package mutating func contributions(
        _ events: some Sequence<(event: GatheredEvent, meaning: EventMeaning)>, isCounted: (UInt32) -> Bool
    ) -> [FunnelContribution] {
        take(events)
        guard !matches.isEmpty else { return [] }
        var contributions: [FunnelContribution] = []
        switch definition.unit {
        case .journeys: add(matches, values, &contributions)
        case .attempts:
            attempts?.forEach(matches.span, { false }) { attempt in
                let start = matches[Int(attempt.chain[0])].time
                contributions.append(contribution(attempt, matches, values, attempt.isOpen ? start &+ engine.rules.window : nil))
            }
        case .subjects:
            var seen: Set<UInt32> = []
            let counted = subjects.map(isCounted)
            for (place, subject) in subjects.enumerated() where counted[place] && seen.insert(subject).inserted {
                let own = subjects.indices.filter { subjects[$0] == subject || !counted[$0] }
                add(own.map { matches[$0] }, own.map { values[$0] }, &contributions)
            }
        }
        return contributions
    }

    /// Keeps what matches.
    private mutating func take(_ events: some Sequence<(event: GatheredEvent, meaning: EventMeaning)>) {
        matches.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
        subjects.removeAll(keepingCapacity: true)
        let seesAll = definition.semantics.seesEveryEvent
        var isOfCountedKind = false
        if case .subjects = definition.unit { isOfCountedKind = true }
        for (event, meaning) in events {
            var mask = meaning.mask
            if !entered.contains(event.time) { mask &= ~1 }
            // Subjects that are counted are told by all of their events.
            guard mask != 0 || seesAll || isOfCountedKind else { continue }
            matches.append(FunnelMatch(time: event.time, mask: mask, row: 0))
            values.append(meaning.value)
            subjects.append(event.subject)
        }
    }

    private mutating func add(_ matches: [FunnelMatch], _ values: [UInt32], _ contributions: inout [FunnelContribution]) {
        var (matches, values) = (matches, values)
        if case .subjects = definition.unit, !definition.semantics.seesEveryEvent {
            let kept = matches.indices.filter { matches[$0].mask != 0 }
            (matches, values) = (kept.map { matches[$0] }, kept.map { values[$0] })
        }
        engine.rules.at = .min
        engine.run(matches.span, &outcome)
        if outcome.level > 0 {
            let found = outcome
            contributions.append(contribution(found, matches, values, deadline(matches)))
        }
        guard definition.breakdown?.attribution == .all else { return }
        for value in Set(values).sorted() where value != 0 {
            let own = matches.indices.filter { values[$0] == value }.map { matches[$0] }
            engine.rules.at = .min
            engine.run(own.span, &outcome)
            guard outcome.level > 0 else { continue }
            let times = (0..<outcome.level).map { own[Int(outcome.chain[$0])].time }
            contributions.append(
                FunnelContribution(isCounted: false, deadline: deadline(own), group: value, times: times))
        }
    }

    private func contribution(
        _ outcome: FunnelOutcome, _ matches: [FunnelMatch], _ values: [UInt32], _ deadline: Int64?
    ) -> FunnelContribution {
        let chain = (0..<outcome.level).map { Int(outcome.chain[$0]) }
        let along = chain.map { values[$0] }
        let group: UInt32 =
            switch definition.breakdown?.attribution {
            case nil, .all: 0
            case .first: along.first { $0 != 0 } ?? 0
            case .last: along.last { $0 != 0 } ?? 0
            case .step(let step): step <= along.count ? along[step - 1] : 0
            }
        return FunnelContribution(isCounted: true, deadline: deadline, group: group, times: chain.map { matches[$0].time })
    }

    /// Until when the matches, of which ``outcome`` has come, may still reach more.
    ///
    /// An engine says so for one moment. It is so until a window ends that begins with a match, and no more from then on: the last end at which the
    /// engine says so is the one.
    private mutating func deadline(_ matches: [FunnelMatch]) -> Int64? {
        guard outcome.isOpen else { return nil }
        let level = outcome.level
        var last: Int64?
        for match in matches.reversed() where match.time != last {
            last = match.time
            engine.rules.at = match.time &+ engine.rules.window
            engine.run(matches.span, &outcome)
            if outcome.isOpen, outcome.level == level { return engine.rules.at }
        }
        return nil
    }
}

extension FunnelDefinition {
    /// By exclusion: ``FunnelRules/ends``.
    var ends: [UInt32] {
        exclusions.map { exclusion in (exclusion.from..<exclusion.to).reduce(0) { $0 | 1 << UInt32($1 - 1) } }
    }
}

extension FunnelSemantics {
    /// The order of the steps; in theirs where the semantics has none.
    var order: Order { if case .journeyd(let order) = self { order } else { .ordered } }
}
