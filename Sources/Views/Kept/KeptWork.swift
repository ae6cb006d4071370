internal import EventLog
internal import JourneyModel
internal import Questions
internal import Timelines

/// What the thread of a ``KeptVersion`` works with.
struct KeptWork {
    /// What a look at the timelines brought.
    struct Look {
        /// As of which position.
        let position: Position
        /// Whether nothing that has changed until then is left to be looked at.
        let isLast: Bool
    }

    var keeper: MarkKeeper
    /// What journeys add from now on, and have yet to be shown with.
    var folded: [UInt32: [FunnelContribution]] = [:]
    /// Whether nothing of it has been shown.
    var isNew = true
    private var folding: FunnelFold
    private let countedKind: String?
    // By subject, whether it is of the kind that is counted.
    private var isCounted: [UInt32: Bool] = [:]
    private var pending: Set<UInt32> = []
    private var all: Range<UInt32>?
    private var cursor: Int?
    private var generation: Int?
    private var gathered: [GatheredEvent] = []
    private var journeys: [(component: UInt32, events: Range<Int>)] = []
    private let started = ContinuousClock.now
    private let firstMark: Position

    init(_ keeper: MarkKeeper, _ fold: FunnelFold, countedKind: String?) {
        (self.keeper, folding, self.countedKind) = (keeper, fold, countedKind)
        firstMark = keeper.position
    }

    var hasParked: Bool { !keeper.parked.isEmpty }
    /// Whether journeys wait to be looked at.
    var hasChanges: Bool { cursor == nil || !pending.isEmpty || all?.isEmpty == false }

    /// Copies out of the timelines the events of some of the journeys that have changed.
    ///
    /// - Parameters:
    ///   - generation: changes when the timelines begin anew.
    ///   - slice: how many journeys at most.
    /// - Returns: nil where the timelines have begun anew since the last look.
    mutating func look(_ state: borrowing JourneyState, generation: Int, slice: Int) -> Look? {
        if let known = self.generation, known != generation { return nil }
        self.generation = generation
        let timelines = state.timelines
        if let cursor, let changes = state.touches.changes(since: cursor) {
            pending.formUnion(changes)
        } else {
            (pending, all) = ([], 0..<UInt32(timelines.subjectCount))
        }
        cursor = state.touches.end
        gathered.removeAll(keepingCapacity: true)
        journeys.removeAll(keepingCapacity: true)
        while journeys.count < slice, let component = next() {
            let start = gathered.count
            if timelines.component(of: component) == component { timelines.gather(component, into: &gathered) }
            journeys.append((component, start..<gathered.count))
        }
        if let countedKind {
            for event in gathered where isCounted[event.subject] == nil {
                isCounted[event.subject] = timelines.name(event.subject).hasPrefix(countedKind)
            }
        }
        return Look(position: timelines.position, isLast: !hasChanges)
    }

    private mutating func next() -> UInt32? {
        if let rest = all, let first = rest.first {
            all = rest.dropFirst()
            return first
        }
        return pending.popFirst()
    }

    /// Works out what the journeys of the last look add.
    mutating func fold() throws(LogError) {
        var events: [(event: GatheredEvent, meaning: EventMeaning)] = []
        for (component, range) in journeys {
            events.removeAll(keepingCapacity: true)
            for event in gathered[range] { events.append((event, try keeper.meaning(event))) }
            folded[component] = folding.contributions(events) { isCounted[$0] ?? false }
        }
    }

    /// Looks again at the events that were parked, and at the journeys of those of which something can be made now.
    mutating func retryParked() throws(LogError) {
        // Which journeys these are is found out by looking at all.
        if try !keeper.retryParked().isEmpty { cursor = nil }
    }

    /// How much of a build is done: three quarters is reading the log, the rest the journeys.
    func progress(_ look: Look) -> KeptVersion.Progress {
        let begin = keeper.marks.base - 1
        let marked = keeper.marked(of: look.position)
        let total = Double(max(1, all?.upperBound ?? 0))
        let left = Double((all?.count ?? 0) + pending.count)
        let share = 0.75 * marked + 0.25 * (1 - min(1, left / total))
        // What an earlier run has done is not this one's speed.
        let before = look.position > begin ? 0.75 * Double(firstMark - begin) / Double(look.position - begin) : 0
        let seconds = started.duration(to: .now) / .seconds(1)
        let remaining = share - before > 0.01 ? seconds / (share - before) * (1 - share) : nil
        return KeptVersion.Progress(share: share, remaining: remaining)
    }
}
