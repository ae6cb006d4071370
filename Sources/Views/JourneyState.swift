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
    private var touched: Set<UInt32> = []
    private var scratch: [(entry: Entry, subject: UInt32)] = []

    /// - Parameter file: where what happened goes; nil to keep all in memory.
    package init(map: StageMap, file: EntryFile? = nil) {
        timelines = Timelines(map: map, file: file)
    }

    /// The state that timelines from a checkpoint amount to.
    init(timelines: consuming Timelines) {
        self.timelines = timelines
        for subject in 0..<UInt32(self.timelines.subjectCount) { touched.insert(self.timelines.component(of: subject)) }
        settle()
    }

    /// Adds an event; ``settle()`` makes the summaries follow.
    package mutating func append(_ record: EventRecord, _ bytes: Span<UInt8>, typeName: (UInt32) -> String) {
        // Moved out and back in: the timelines and their closure must not both hold this value.
        var touched: Set<UInt32> = []
        swap(&touched, &self.touched)
        timelines.append(record, bytes, typeName: typeName) { touched.insert($0) }
        swap(&touched, &self.touched)
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

    /// Folds again the journeys that were touched.
    package mutating func settle() {
        while summaries.count < timelines.subjectCount { summaries.append(nil) }
        for component in touched {
            guard timelines.component(of: component) == component else {
                summaries[Int(component)] = nil
                continue
            }
            timelines.journey(component, into: &scratch)
            summaries[Int(component)] = JourneySummary(scratch, timelines).packed
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
