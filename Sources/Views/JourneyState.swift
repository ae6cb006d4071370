internal import CLinux
package import EventLog
package import JourneyModel
package import Questions
package import Timelines

/// The state of the built-in views: the timelines, and under the stage map a summary of each journey.
///
/// A value: built from the log alone, by one event after another or all at once, with the same result. An event that comes in the order of its
/// journey's time is folded onto the journey's summary, which costs the same however long the journey and the history are; one that comes
/// late, is voided or corrected, or links journeys, costs the folding of the journeys that it touches.
package struct JourneyState: Sendable {
    /// What is kept of each component, at the place of its name.
    private struct Record: Sendable {
        /// Where ``summary`` is among these.
        static let summaryOffset = 0

        /// The summary, packed; nil where there is none.
        var summary: [UInt8]?
        /// The time of the last entry that made the summary what it is.
        var last = Int64.min
        /// When it was last said that the journey has changed: the number of a ``settle()``; and whether it was folded from all its entries then.
        var told = 0
        var isFolded = false
        /// The dimensions of which the summary has a value: none that comes later counts.
        var dimensions = Timelines.Dimensions.none
    }

    /// So many events are folded together at most.
    private static let mostAdded = 1 << 14
    /// Most summaries are no longer, with what is counted and noted before their bytes.
    private static let fetched = 128

    package private(set) var timelines: Timelines
    private var records: [Record] = []
    /// What the summaries amount to in the funnel.
    private(set) var cells: StageCells
    private var changes = StageChanges()
    /// Which journeys have changed, as far as they are folded.
    private(set) var touches = TouchLog()
    /// The definitions that were set, as far as ``follow(_:)`` was called.
    private(set) var definitions = DefinitionHistory()
    // How many events that set definitions were read; nil where a compensation may have changed what they say.
    private var definitionsRead: Int? = 0
    /// The map, as answers name it.
    let definition: String
    /// How often all began anew.
    var generation = 0
    /// Journeys that have to be folded from all their entries.
    private var touched: Set<UInt32> = []
    /// Entries that have come since the last ``settle()``.
    private var added: [Timelines.Addition] = []
    private var settled = 0
    private var scratch: [(entry: Entry, subject: UInt32)] = []

    /// - Parameter file: where what happened goes; nil to keep all in memory.
    package init(map: StageMap, file: EntryFile? = nil) {
        timelines = Timelines(map: map, file: file)
        definition = map.digest
        cells = StageCells(map)
    }

    /// The state that timelines from a checkpoint amount to.
    init(timelines: consuming Timelines) {
        self.timelines = timelines
        definition = self.timelines.map.digest
        cells = StageCells(self.timelines.map)
        for subject in 0..<UInt32(self.timelines.subjectCount) { touched.insert(self.timelines.component(of: subject)) }
        settle()
    }

    /// Adds an event; ``follow(_:)`` and ``settle()`` make the rest follow.
    package mutating func append(_ record: EventRecord, _ bytes: Span<UInt8>, _ log: EventLog) {
        // Moved out and back in: the timelines and their closure must not both hold this value.
        var touched: Set<UInt32> = []
        swap(&touched, &self.touched)
        let isNext = record.position > timelines.position
        if let addition = timelines.append(record, bytes, log, touch: { touched.insert($0) }) {
            // One that was parked may belong before others of its moment.
            if isNext { added.append(addition) } else { touched.insert(addition.component) }
        }
        swap(&touched, &self.touched)
        if added.count >= JourneyState.mostAdded { settle() }
    }

    /// Follows what events have voided, corrected and defined.
    ///
    /// - Throws: where what they speak of cannot be read.
    package mutating func follow(_ log: EventLog) throws(LogError) {
        if timelines.hasCompensations {
            definitionsRead = nil
            var touched: Set<UInt32> = []
            swap(&touched, &self.touched)
            defer { swap(&touched, &self.touched) }
            try timelines.compensate(log) { touched.insert($0) }
        }
        guard definitionsRead != timelines.definitions.count else { return }
        definitions = try DefinitionHistory(timelines, log)
        definitionsRead = timelines.definitions.count
    }

    /// Has the next checkpoint store all there is.
    mutating func keepAll() {
        timelines.keepAll()
    }

    /// Adds the next events of the log, `count` at most, and parks those that cannot be read.
    ///
    /// - Throws: where the log cannot be read, or too many events are parked; those before are in.
    mutating func take(_ count: Int, from log: EventLog) throws(LogError) {
        var left = count
        try log.readOn(after: timelines.position) { (place, reason) in
            timelines.park(ParkedEvent(position: place, reason: reason))
        } _: { (record, bytes) in
            append(record, bytes, log)
            left -= 1
            return left > 0
        }
        try follow(log)
    }

    /// Looks again at the events that are parked, and adds those that can be read now.
    ///
    /// - Throws: where the log cannot be read.
    mutating func takeParked(from log: EventLog) throws(LogError) {
        for event in timelines.parked {
            do throws(LogError) {
                try log.read(after: event.position - 1) { (record, bytes) in
                    if record.position == event.position { append(record, bytes, log) }
                    return false
                }
            } catch {
                guard case .damaged = error else { throw error }
            }
        }
        try follow(log)
    }

    /// The map in force where it is not the one that these journeys are folded under; nil where it is.
    ///
    /// - Parameter shipped: the one in force where none was set.
    func mapDue(_ shipped: StageMap) -> StageMap? {
        let due = definitions.map(at: timelines.position) ?? shipped
        return due.canonicalText == timelines.map.canonicalText ? nil : due
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

    /// Folds what has come, and moves the counts of the journeys that it touches.
    package mutating func settle() {
        guard !touched.isEmpty || !added.isEmpty else { return }
        settled += 1
        while records.count < timelines.subjectCount { records.append(Record()) }
        for component in touched { fold(component) }
        for (index, addition) in added.enumerated() {
            prefetch(index)
            if !isFolded(addition.component), !append(addition) { fold(addition.component) }
        }
        cells.finish(&changes)
        touched.removeAll(keepingCapacity: true)
        added.removeAll(keepingCapacity: true)
        touches.trim()
    }

    /// Has what entries a little further on will need fetched into the processor's cache: journeys lie all over memory, and there is work to do meanwhile.
    private func prefetch(_ index: Int) {
        unsafe records.withUnsafeBufferPointer { records in
            guard let start = records.baseAddress else { return }
            if index + 16 < added.count { unsafe clinux_prefetch(start + Int(added[index + 16].component)) }
            guard index + 8 < added.count else { return }
            // Where the summary lies, read past its type: to ask the array for it would count a reference, which waits for that very memory.
            let record = unsafe UnsafeRawPointer(start + Int(added[index + 8].component))
            let address = unsafe record.load(fromByteOffset: Record.summaryOffset, as: UInt.self)
            unsafe clinux_prefetch_bytes(UnsafeRawPointer(bitPattern: address), JourneyState.fetched)
        }
    }

    /// Folds an entry onto its journey's summary.
    ///
    /// - Returns: false where the journey has to be folded from all its entries.
    private mutating func append(_ addition: Timelines.Addition) -> Bool {
        let (place, entry) = (Int(addition.component), addition.entry)
        guard !JourneySummary.regards(entry, timelines) || entry.time >= records[place].last else { return false }
        tell(addition.component)
        // What says nothing makes a journey, too.
        let isRegarded = JourneySummary.regards(entry, behind: records[place].dimensions, timelines)
        guard isRegarded || records[place].summary == nil else { return true }
        let old = summary(place)
        var new = old
        guard new.append(entry, addition.subject, timelines) else { return false }
        cells.replace(old, by: new, &changes)
        put(new, place)
        if isRegarded { records[place].last = entry.time }
        return true
    }

    /// Folds the journey that is `component` from all its entries.
    private mutating func fold(_ component: UInt32) {
        let place = Int(component)
        tell(component)
        records[place].isFolded = true
        let old = summary(place)
        scratch.removeAll(keepingCapacity: true)
        if timelines.component(of: component) == component { timelines.journey(component, into: &scratch) }
        guard !scratch.isEmpty else {
            cells.remove(old, &changes)
            (records[place].summary, records[place].last, records[place].dimensions) = (nil, .min, .none)
            return
        }
        let new = JourneySummary(scratch, timelines)
        cells.replace(old, by: new, &changes)
        put(new, place)
        records[place].last = scratch.last { JourneySummary.regards($0.entry, timelines) }?.entry.time ?? .min
    }

    /// The summary that is kept; one of no events where none is.
    private func summary(_ place: Int) -> JourneySummary {
        let dimensions = timelines.map.dimensions.count
        guard let packed = records[place].summary else { return JourneySummary(dimensionCount: dimensions) }
        return JourneySummary(packed: packed, dimensions: dimensions)
    }

    private mutating func put(_ summary: JourneySummary, _ place: Int) {
        // Where it is, in the memory that it has: what is freed and taken elsewhere, again and again, ends up on a page of its own.
        var packed = records[place].summary.take() ?? []
        summary.pack(into: &packed)
        records[place].summary = packed
        records[place].dimensions = Timelines.Dimensions(summary.dimensions)
    }

    /// Says, once, that a journey has changed.
    private mutating func tell(_ component: UInt32) {
        guard records[Int(component)].told != settled else { return }
        (records[Int(component)].told, records[Int(component)].isFolded) = (settled, false)
        touches.add(component)
    }

    /// Whether the journey has been folded from all its entries in this ``settle()``.
    private func isFolded(_ component: UInt32) -> Bool {
        records[Int(component)].told == settled && records[Int(component)].isFolded
    }

    /// Calls `body` with each journey's component and summary, in the order in which their names were first heard of.
    package func eachSummary(_ body: (_ component: UInt32, _ summary: JourneySummary) -> Void) {
        let dimensions = timelines.map.dimensions.count
        for (index, record) in records.enumerated() {
            guard let packed = record.summary else { continue }
            body(UInt32(index), JourneySummary(packed: packed, dimensions: dimensions))
        }
    }
}
