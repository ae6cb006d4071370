internal import JourneyModel
internal import Timelines

/// Holds every journey of a piece against a funnel.
///
/// The loop over events looks up the mask of the type, tests a bit for each condition, and keeps what matches: it neither allocates nor hashes
/// nor counts references.
struct FunnelScan: Sendable {
    /// Which journeys are told one by one.
    enum Listing: Sendable {
        case none
        /// Those that entered, with their rows.
        case entered
        /// Those that entered and are marked, by root, with their rows.
        case marked([Bool])
        /// All, with their rows or without.
        case all(rows: Bool)
    }

    let plan: FunnelPlan
    let semantics: FunnelSemantics
    let listing: Listing
    let monitor: WorkMonitor
    // Out of the plan, so that the loop reads them without asking it.
    private let masks: FunnelMasks

    init(plan: FunnelPlan, semantics: FunnelSemantics, listing: Listing, monitor: WorkMonitor) {
        self.plan = plan
        self.semantics = semantics
        self.listing = listing
        self.monitor = monitor
        masks = plan.masks
    }

    func run(_ piece: Journeys.Piece) -> FunnelPartial {
        let rules = plan.rules(base: piece.chunk.base)
        return switch semantics {
        case .journeyd(.ordered): run(piece, OrderedFunnel(rules))
        case .journeyd(.strict): run(piece, StrictFunnel(rules: rules))
        case .journeyd(.any): run(piece, AnyOrderFunnel(rules: rules))
        case .clickHouse(let modes) where modes.contains(.strictOnce): run(piece, ClickHouseOnceFunnel(rules, modes))
        case .clickHouse(let modes): run(piece, ClickHouseFunnel(rules, modes))
        case .postHog(.any): run(piece, PostHogUnorderedFunnel(rules))
        case .postHog(let order): run(piece, PostHogFunnel(rules, isStrict: order == .strict))
        }
    }

    private func run(_ piece: Journeys.Piece, _ engine: some FunnelEngine) -> FunnelPartial {
        var engine = engine
        var partial = FunnelPartial(steps: plan.definition.steps.count)
        let chunk = ChunkColumns(piece.chunk)
        // Room for the longest journey.
        let longest = (0..<piece.chunk.count).reduce(0) { max($0, piece.chunk.places($1).count) }
        var matches = [FunnelMatch](repeating: FunnelMatch(time: 0, mask: 0, row: 0), count: longest)
        switch plan.definition.unit {
        case .journeys: runJourneys(piece, chunk, &matches, &engine, &partial)
        case .attempts: runAttempts(piece, chunk, &matches, &engine, &partial)
        case .subjects: runSubjects(piece, chunk, &matches, &engine, &partial)
        }
        return partial
    }

    private func runJourneys(
        _ piece: Journeys.Piece, _ chunk: borrowing ChunkColumns, _ matches: inout [FunnelMatch], _ engine: inout some FunnelEngine,
        _ partial: inout FunnelPartial
    ) {
        var outcome = FunnelOutcome()
        let isPlain = self.isPlain
        for journey in 0..<chunk.roots.count where !piece.isReplaced(journey) {
            if journey & 0x3FF == 0, monitor.isCancelled { return }
            let count = gather(chunk, chunk.places(journey), &matches)
            guard count > 0 || !isPlain else { continue }
            let found = matches.span.extracting(0..<count)
            engine.run(found, &outcome)
            if isPlain {
                if outcome.level > 0 { partial.totals.add(outcome, found) }
            } else {
                record(chunk.roots[journey], 0, found, outcome, chunk.base, &engine, &partial)
            }
        }
    }

    private func runAttempts(
        _ piece: Journeys.Piece, _ chunk: borrowing ChunkColumns, _ matches: inout [FunnelMatch], _ engine: inout some FunnelEngine,
        _ partial: inout FunnelPartial
    ) {
        let attempts = FunnelAttempts(rules: plan.rules(base: chunk.base), order: semantics.order)
        let base = chunk.base
        for journey in 0..<chunk.roots.count where !piece.isReplaced(journey) {
            if monitor.isCancelled { return }
            let root = chunk.roots[journey]
            let count = gather(chunk, chunk.places(journey), &matches)
            let found = matches.span.extracting(0..<count)
            attempts.forEach(found, { monitor.isCancelled }) { attempt in
                record(root, 0, found, attempt, base, &engine, &partial)
            }
        }
    }

    private func runSubjects(
        _ piece: Journeys.Piece, _ chunk: borrowing ChunkColumns, _ matches: inout [FunnelMatch], _ engine: inout some FunnelEngine,
        _ partial: inout FunnelPartial
    ) {
        let table = plan.journeys.table
        var outcome = FunnelOutcome()
        var subjects: [UInt32] = []
        var seen: Set<UInt32> = []
        for journey in 0..<chunk.roots.count where !piece.isReplaced(journey) {
            if monitor.isCancelled { return }
            subjects.removeAll(keepingCapacity: true)
            seen.removeAll(keepingCapacity: true)
            for place in chunk.places(journey) {
                let subject = table.subject(chunk.rows[place])
                if plan.counted[Int(subject)], seen.insert(subject).inserted { subjects.append(subject) }
            }
            let count = gather(chunk, chunk.places(journey), &matches)
            for subject in subjects {
                let own = matches[0..<count].filter { match in
                    let other = table.subject(match.row)
                    return other == subject || !plan.counted[Int(other)]
                }
                engine.run(own.span, &outcome)
                record(chunk.roots[journey], subject + 1, own.span, outcome, chunk.base, &engine, &partial)
            }
        }
    }

    /// Whether only the totals are asked for.
    private var isPlain: Bool {
        guard case .none = listing else { return false }
        return plan.definition.trend == nil && plan.definition.breakdown == nil
    }

    /// What matches of one journey.
    func matches(_ journey: JourneyRows) -> [FunnelMatch] {
        var matches = [FunnelMatch](repeating: FunnelMatch(time: 0, mask: 0, row: 0), count: journey.count)
        let count = gather(ChunkColumns(journey.chunk), journey.places, &matches)
        return Array(matches[0..<count])
    }

    // MARK: - What an event means

    /// Writes what matches of one journey to the beginning of `matches`.
    @inline(__always)
    private func gather(_ chunk: borrowing ChunkColumns, _ places: Range<Int>, _ matches: inout [FunnelMatch]) -> Int {
        let types = chunk.types.span
        let rows = chunk.rows.span
        let ticks = chunk.ticks.span
        let wideTimes = chunk.wideTimes.span
        let masks = masks.ofTypes.span
        let (isWide, unit) = (!wideTimes.isEmpty, chunk.unit)
        let from = plan.entered.lowerBound == .min ? .min : plan.entered.lowerBound - chunk.base
        let to = plan.entered.upperBound == .max ? .max : plan.entered.upperBound - chunk.base
        let (conditional, seesAll) = (self.masks.conditional, semantics.seesEveryEvent)
        var room = matches.mutableSpan
        var count = 0
        for place in places {
            var mask = masks[Int(types[place])]
            if mask & conditional != 0 { mask = tested(mask, rows[place]) }
            let time = isWide ? wideTimes[place] : Int64(ticks[place]) &* unit
            if time < from || time >= to { mask &= ~1 }
            // Written whether it matches or not: which it does is as good as random, and a branch that is guessed wrong costs more.
            room[count] = FunnelMatch(time: time, mask: mask, row: rows[place])
            count += mask != 0 || seesAll ? 1 : 0
        }
        return count
    }

    /// The mask without the bits whose condition the row does not pass.
    @inline(__always)
    private func tested(_ mask: UInt64, _ row: UInt32) -> UInt64 {
        var (mask, rest) = (mask, mask & masks.conditional)
        let words = masks.words.span
        while rest != 0 {
            let bit = rest.trailingZeroBitCount
            rest &= rest - 1
            if words[masks.starts[bit] + Int(row >> 6)] >> UInt64(row & 63) & 1 == 0 { mask &= ~(1 << UInt64(bit)) }
        }
        return mask
    }

    // MARK: - What is counted

    private func record(
        _ root: UInt32, _ subject: UInt32, _ matches: Span<FunnelMatch>, _ outcome: FunnelOutcome, _ base: Int64,
        _ engine: inout some FunnelEngine, _ partial: inout FunnelPartial
    ) {
        list(root, subject, matches, outcome, &partial)
        guard outcome.level > 0 else { return }
        partial.totals.add(outcome, matches)
        if let trend = plan.definition.trend {
            let day = trend.firstDay(of: base + matches[Int(outcome.chain[0])].time)
            partial.trend.add(.day(day), steps: plan.definition.steps.count, outcome, matches)
        }
        guard let breakdown = plan.definition.breakdown, let column = plan.columns[breakdown.field] else { return }
        if breakdown.attribution == .all {
            addEachValue(matches, column, &engine, &partial)
        } else {
            let value = value(matches, outcome, breakdown.attribution, column)
            partial.groups.add(.value(value), steps: plan.definition.steps.count, outcome, matches)
        }
    }

    private func list(
        _ root: UInt32, _ subject: UInt32, _ matches: Span<FunnelMatch>, _ outcome: FunnelOutcome, _ partial: inout FunnelPartial
    ) {
        let hasRows: Bool
        switch listing {
        case .none: return
        case .entered:
            guard outcome.level > 0 else { return }
            hasRows = true
        case .marked(let marks):
            guard outcome.level > 0, marks[Int(root)] else { return }
            hasRows = true
        case .all(let rows): hasRows = rows
        }
        var rows: [EventTable.Row] = []
        if hasRows { for step in 0..<outcome.level { rows.append(matches[Int(outcome.chain[step])].row) } }
        partial.listed.append(
            FunnelPartial.Listed(root: root, subject: subject, level: UInt8(outcome.level), isOpen: outcome.isOpen, rows: rows))
    }

    private func value(
        _ matches: Span<FunnelMatch>, _ outcome: FunnelOutcome, _ attribution: FunnelDefinition.Attribution, _ column: PropertyColumn
    ) -> PropertyValue {
        func value(_ step: Int) -> PropertyValue { column.value(matches[Int(outcome.chain[step])].row, plan.journeys.effects) }
        switch attribution {
        case .step(let step): return step <= outcome.level ? value(step - 1) : .none
        case .first, .all:
            for step in 0..<outcome.level where !value(step).isNone { return value(step) }
        case .last:
            for step in (0..<outcome.level).reversed() where !value(step).isNone { return value(step) }
        }
        return .none
    }

    /// A funnel for each value, of the events that have it.
    private func addEachValue(
        _ matches: Span<FunnelMatch>, _ column: PropertyColumn, _ engine: inout some FunnelEngine, _ partial: inout FunnelPartial
    ) {
        var byValue: [PropertyValue: [FunnelMatch]] = [:]
        for index in 0..<matches.count {
            byValue[column.value(matches[index].row, plan.journeys.effects), default: []].append(matches[index])
        }
        var outcome = FunnelOutcome()
        for (value, own) in byValue where !value.isNone {
            engine.run(own.span, &outcome)
            guard outcome.level > 0 else { continue }
            partial.groups.add(.value(value), steps: plan.definition.steps.count, outcome, own.span)
        }
    }
}

/// The columns of a chunk, taken out of the object once, so that the loop over its journeys does not ask for them each time.
private struct ChunkColumns {
    let base, unit: Int64
    let starts, roots: Column<UInt32>
    let types: Column<UInt16>
    let rows: Column<EventTable.Row>
    let ticks: Column<UInt32>
    let wideTimes: Column<Int64>

    init(_ chunk: JourneyChunk) {
        (base, unit, starts, roots) = (chunk.base, chunk.unit, chunk.starts, chunk.roots)
        (types, rows, ticks, wideTimes) = (chunk.types, chunk.rows, chunk.ticks, chunk.wideTimes)
    }

    func places(_ journey: Int) -> Range<Int> { Int(starts[journey])..<Int(starts[journey + 1]) }
}
