internal import EventLog
package import JourneyModel
internal import Questions
internal import Synchronization
internal import Timelines

extension JourneyViews {
    private static let maximumEvents = 10_000

    /// The positions of a subject's events, or of its whole journey's, in the order of the log; nil where it is not known.
    package func positions(subject name: String, wholeJourney: Bool) -> [Position]? {
        state.withLock { state in
            guard let subject = state.timelines.subject(log.storedName(name)) else { return nil }
            let members = wholeJourney ? state.timelines.members(of: state.timelines.component(of: subject)) : [subject]
            return members.flatMap { state.timelines.positions(of: $0) }.sorted()
        }
    }

    /// The subjects of the journey that `subject` belongs to, or the subject alone, as records name them, and where their events are.
    package func extent(of name: String, wholeJourney: Bool) -> (subjects: [String], positions: [Position])? {
        state.withLock { state in
            let timelines = state.timelines
            guard let subject = timelines.subject(log.storedName(name)) else { return nil }
            let members = wholeJourney ? timelines.members(of: timelines.component(of: subject)) : [subject]
            return (members.map { timelines.name($0) }, members.flatMap { timelines.positions(of: $0) }.sorted())
        }
    }

    /// The journey that `subject` belongs to as JSON, or nil where nothing is known of the subject.
    package func journey(of subject: String, at: Timestamp?) throws(ViewError) -> [UInt8]? {
        let at = at ?? .now
        let story = state.withLock { state -> JourneyStory? in
            guard let subject = state.timelines.subject(log.storedName(subject)) else { return nil }
            return JourneyStory(state.timelines.component(of: subject), state)
        }
        guard let story else { return nil }
        var events: [StoredEvent] = []
        var reason: String?
        do throws(LogError) {
            for position in story.positions.prefix(JourneyViews.maximumEvents) {
                if let event = try log.event(at: position) { events.append(event) }
            }
            reason = try story.snooze.flatMap { (source, isCorrection) throws(LogError) in
                try JourneyViews.reason(log.event(at: source), isCorrection: isCorrection)
            }
        } catch {
            throw .log(error)
        }
        // What stands for personal names in the timelines is told by its name again, where an event still tells it.
        var names: [String: String] = [:]
        for event in events {
            for name in [event.subject, event.account].compactMap(\.self) { names[log.storedName(name)] = name }
        }
        var writer = JSONWriter()
        story.write(to: &writer, at: at, events: events, names: names, reason: reason)
        return writer.bytes
    }

    /// Why a stall is snoozed: what its event says, or the one that corrects it.
    private static func reason(_ event: StoredEvent?, isCorrection: Bool) -> String? {
        guard let bytes = event?.data, let data = try? JSONValue(bytes.span) else { return nil }
        return (isCorrection ? data["data"] : data)?["reason"]?.text
    }
}

/// What is told of one journey.
private struct JourneyStory {
    let name: String
    let map: StageMap
    let definition: String
    let position: Position
    /// Events that may be of the journey, and cannot be read.
    let parked: [ParkedEvent]
    let subjects: [String]
    let summary: JourneySummary
    /// In the order of time.
    let positions: [Position]
    /// For each stage that it entered, the position of the event that did it.
    let entered: [Int: Position]
    /// How long its open stay may take and in which hours, where somebody said.
    let serviceLevel: Int64?
    let hours: BusinessHours?
    /// Where the data of the event is that snoozes its open stay.
    let snooze: (source: Position, isCorrection: Bool)?

    init(_ component: UInt32, _ state: borrowing JourneyState) {
        let timelines = state.timelines
        name = timelines.journeyName(component)
        (map, definition) = (timelines.map, state.definition)
        (position, parked) = (timelines.position, timelines.parked)
        subjects = timelines.members(of: component).map { timelines.name($0) }.sorted()
        var journey: [(entry: Entry, subject: UInt32)] = []
        timelines.journey(component, into: &journey)
        summary = JourneySummary(journey, timelines)
        positions = journey.map(\.entry.position)
        entered = timelines.entered(journey)
        let stay = summary.visits.last.flatMap { $0.end == .open ? timelines.map.stages[$0.stage].name : nil }
        serviceLevel = stay.flatMap { state.definitions.serviceLevels(at: timelines.position)?[$0] }
        hours = state.definitions.hours(at: timelines.position)
        snooze = summary.snoozed.map { snoozed in
            guard case .corrected(let correction) = timelines.standing(snoozed.position) else { return (snoozed.position, false) }
            return (correction, true)
        }
    }

    func write(to writer: inout JSONWriter, at: Timestamp, events: [StoredEvent], names: [String: String], reason: String?) {
        writer.object { writer in
            writer.member("journey", names[name] ?? name)
            writer.member("position", position)
            writer.member("at", at.text)
            writer.member("definition", definition)
            ViewStatus.write(parked: parked, count: parked.count, to: &writer)
            writer.key("subjects")
            writer.array { writer in for subject in subjects.map({ names[$0] ?? $0 }).sorted() { writer.string(subject) } }
            writeStage(to: &writer)
            writer.key("dwell")
            writer.array { writer in for visit in summary.visits { write(visit, to: &writer, at) } }
            writeWaits(to: &writer, at, reason)
            writeContradictions(to: &writer)
            writer.key("events")
            writer.array { writer in for event in events { event.write(to: &writer) } }
            writer.member("eventCount", positions.count)
        }
    }

    private func writeStage(to writer: inout JSONWriter) {
        guard let last = summary.visits.last else {
            writer.member("stage", nil as String?)
            writer.member("department", nil as String?)
            return writer.member("since", nil as String?)
        }
        if case .exited(let outcome) = last.end {
            writer.member("stage", map.outcomes[outcome])
            writer.member("department", nil as String?)
            writer.member("since", last.left.map { Timestamp(microseconds: $0).text })
        } else {
            writer.member("stage", map.stages[last.stage].name)
            writer.member("department", map.stages[last.stage].department.name)
            writer.member("since", Timestamp(microseconds: last.entered).text)
        }
    }

    private func write(_ visit: JourneySummary.Visit, to writer: inout JSONWriter, _ at: Timestamp) {
        writer.object { writer in
            writer.member("stage", map.stages[visit.stage].name)
            writer.member("department", map.stages[visit.stage].department.name)
            writer.member("entered", Timestamp(microseconds: visit.entered).text)
            writer.member("left", visit.left.map { Timestamp(microseconds: $0).text })
            writer.member("seconds", microseconds: (visit.left ?? at.microseconds) - visit.entered)
        }
    }

    private func writeWaits(to writer: inout JSONWriter, _ at: Timestamp, _ reason: String?) {
        var waits: [(measure: FrictionMeasure, since: Int64)] = []
        if let last = summary.visits.last, last.end == .open {
            waits = FrictionMeasure.stay(in: last.stage, map).map { [($0, last.entered)] } ?? []
        }
        writer.key("openWaits")
        writer.array { writer in
            for wait in waits {
                writer.object { writer in
                    writer.member("measure", wait.measure.kind.rawValue)
                    writer.member("from", wait.measure.from.name)
                    writer.member("to", wait.measure.to.name)
                    writer.member("stage", wait.measure.stage)
                    writer.member("since", Timestamp(microseconds: wait.since).text)
                    writer.member("seconds", microseconds: at.microseconds - wait.since)
                    writeStall(to: &writer, since: wait.since, at, reason)
                }
            }
        }
    }

    /// Whether the wait is a stall, and what is known of it where it is snoozed.
    private func writeStall(to writer: inout JSONWriter, since: Int64, _ at: Timestamp, _ reason: String?) {
        let snoozed = summary.snoozed.flatMap { $0.holds(at: at.microseconds) ? $0 : nil }
        if let serviceLevel {
            let duration = hours?.duration(from: since, to: at.microseconds) ?? (at.microseconds - since)
            writer.member("serviceLevel", microseconds: serviceLevel)
            writer.key("stalled")
            writer.bool(duration > serviceLevel && snoozed == nil)
        }
        guard let snoozed else { return }
        writer.key("snoozed")
        writer.object { writer in
            writer.member("until", Timestamp(microseconds: snoozed.until).text)
            writer.member("reason", reason)
            writer.member("position", snoozed.position)
        }
    }

    private func writeContradictions(to writer: inout JSONWriter) {
        writer.key("contradictions")
        writer.array { writer in
            for ((stage, time), (next, nextTime)) in zip(summary.firstEntries, summary.firstEntries.dropFirst()) where nextTime < time {
                writer.object { writer in
                    let (early, late) = (map.stages[next].name, map.stages[stage].name)
                    writer.member("reason", "stage \(early) was entered before stage \(late), which comes first")
                    writer.member("early", early)
                    writer.member("late", late)
                    writer.member("seconds", microseconds: nextTime - time)
                    writer.key("positions")
                    writer.array { writer in for stage in [stage, next] { writer.number(entered[stage] ?? 0) } }
                }
            }
        }
    }
}
