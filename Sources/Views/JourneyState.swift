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
    /// The summary of each component, at the place of the component's name; nil where there is none.
    package private(set) var summaries: [JourneySummary?] = []
    private var touched: Set<UInt32> = []
    private var scratch: [(entry: Entry, subject: UInt32)] = []

    package init(map: StageMap) {
        timelines = Timelines(map: map)
    }

    /// The state that timelines from a checkpoint amount to.
    init(timelines: consuming Timelines, typeName: (UInt32) -> String) {
        timelines.learnTypes(typeName)
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
    mutating func takeChanges() -> Timelines.Changes {
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
            summaries[Int(component)] = JourneySummary(scratch, timelines)
        }
        touched.removeAll(keepingCapacity: true)
    }
}
