internal import JourneyModel
internal import Timelines

/// A funnel asked of one snapshot, by one or several semantics.
struct FunnelRun: Sendable {
    let plan: FunnelPlan
    let threads: Int
    let monitor: WorkMonitor

    /// Holds every journey against the funnel. O(events), on ``threads`` threads.
    func partial(_ semantics: FunnelSemantics, _ listing: FunnelScan.Listing) throws(QuestionFault) -> FunnelPartial {
        let scan = FunnelScan(plan: plan, semantics: semantics, listing: listing, monitor: monitor)
        let pieces = plan.journeys.pieces
        let partials = Parallel.map(pieces.count, threads: threads) { number in
            monitor.tell(.journeys, number, of: pieces.count)
            return scan.run(pieces[number])
        }
        guard !monitor.isCancelled else { throw .columns(.cancelled) }
        var whole = FunnelPartial(steps: plan.definition.steps.count)
        for partial in partials { whole.merge(partial) }
        return whole
    }

    /// How one set of matches comes out.
    static func outcome(_ semantics: FunnelSemantics, _ rules: FunnelRules, _ matches: [FunnelMatch]) -> FunnelOutcome {
        var engine = semantics.engine(rules)
        var outcome = FunnelOutcome()
        engine.run(matches.span, &outcome)
        return outcome
    }
}
