package import EventLog
package import JourneyModel
package import Questions
package import Timelines

/// The state of the built-in views: the timelines, and under the stage map a summary of each journey.
///
/// A value: built from the log alone, by one event after another or all at once, with the same result. An event costs the
/// folding of the journeys it touches, however long the history is.
package struct JourneyState: Sendable {
    package private(set) var timelines: Timelines
    /// The summary of each component, packed, at the place of the component's name; nil where there is none.
    private var summaries: [[UInt8]?] = []
    /// What the summaries amount to in the funnel.
    private(set) var cells: StageCells
    /// Which journeys have changed, as far as they are folded.
    private(set) var touches = TouchLog()
    /// How often all began anew.
    var generation = 0
    private var touched: Set<UInt32> = []
    private var scratch: [(entry: Entry, subject: UInt32)] = []

    /// - Parameter file: where what happened goes; nil to keep all in memory.
    package init(map: StageMap, file: EntryFile? = nil) {
        timelines = Timelines(map: map, file: file)
        cells = StageCells(map)
    }

    /// The state that timelines from a checkpoint amount to.
    init(timelines: consuming Timelines) {
        self.timelines = timelines
        cells = StageCells(self.timelines.map)
        for subject in 0..<UInt32(self.timelines.subjectCount) { touched.insert(self.timelines.component(of: subject)) }
        settle()
    }

    /// Adds an event; ``follow(_:)`` and ``settle()`` make the rest follow.
    package mutating func append(_ record: EventRecord, _ bytes: Span<UInt8>, _ log: EventLog) {
        // Moved out and back in: the timelines and their closure must not both hold this value.
        var touched: Set<UInt32> = []
        swap(&touched, &self.touched)
        timelines.append(record, bytes, log) { touched.insert($0) }
        swap(&touched, &self.touched)
    }

    /// Follows what events have voided and corrected.
    ///
    /// - Throws: where what they speak of cannot be read.
    package mutating func follow(_ log: EventLog) throws(LogError) {
        guard timelines.hasCompensations else { return }
        var touched: Set<UInt32> = []
        swap(&touched, &self.touched)
        defer { swap(&touched, &self.touched) }
        try timelines.compensate(log) { touched.insert($0) }
    }

    /// Takes what the next checkpoint has to store.
    ///
    /// - Returns: nil where the disk is full.
    mutating func takeChanges() -> Timelines.Changes? {
        timelines.takeChanges()
    }

    /// Takes back changes that could not be stored.
    mutating func keep(_ changes: Timelines.Changes) {
        timelines.keep(changes)
    }

    /// Folds again the journeys that were touched, and moves their counts.
    package mutating func settle() {
        while summaries.count < timelines.subjectCount { summaries.append(nil) }
        let dimensions = timelines.map.dimensions.count
        touches.add(touched)
        for component in touched {
            let place = Int(component)
            if let old = summaries[place] { cells.remove(JourneySummary(packed: old, dimensions: dimensions)) }
            guard timelines.component(of: component) == component else {
                summaries[place] = nil
                continue
            }
            timelines.journey(component, into: &scratch)
            guard !scratch.isEmpty else {
                summaries[place] = nil
                continue
            }
            let summary = JourneySummary(scratch, timelines)
            cells.add(summary)
            summaries[place] = summary.packed
        }
        touched.removeAll(keepingCapacity: true)
    }

    /// Calls `body` with each journey's component and summary, in the order in which their names were first heard of.
    package func eachSummary(_ body: (_ component: UInt32, _ summary: JourneySummary) -> Void) {
        let dimensions = timelines.map.dimensions.count
        for (index, packed) in summaries.enumerated() {
            guard let packed else { continue }
            body(UInt32(index), JourneySummary(packed: packed, dimensions: dimensions))
        }
    }
}
