package import EventLog
package import JourneyModel
package import Timelines

/// The definitions that `ops.definition.set` events set, in the order of the log: which stage map, business hours and service levels were in
/// force at which position.
///
/// `data.kind` says what is set (`stages`, `calendar`, `service-levels`), `data.definition` the whole of it; other kinds are nobody's business here. A
/// definition is in force from its event's position on, until the next one of its kind. One that cannot be understood changes nothing and is
/// kept with its reason. A value: events are added as they come, by those who follow the log as by those who read it back.
package struct DefinitionHistory: Sendable {
    /// What can be set.
    package enum Kind: String, Sendable, CaseIterable {
        case stages, calendar
        case serviceLevels = "service-levels"
    }

    /// An event whose definition changed nothing.
    package struct Refused: Sendable, Equatable {
        package let position: Position
        /// What is wrong, with a pointer into the event's data.
        package let reason: Violation
    }

    /// The type of the events.
    package static let type = TypeFacts.definitionSet

    private var maps: [(position: Position, map: StageMap)] = []
    private var calendars: [(position: Position, hours: BusinessHours)] = []
    private var levels: [(position: Position, levels: ServiceLevels)] = []
    /// In the order of the log.
    package private(set) var refused: [Refused] = []

    package init() {}

    /// The definitions of all events that timelines have, without those that are voided and with the data of those that are corrected.
    ///
    /// - Complexity: a read an event that sets a definition.
    package init(_ timelines: Timelines, _ log: EventLog) throws(LogError) {
        for position in timelines.definitions {
            let source: Position
            switch timelines.standing(position) {
            case .voided: continue
            case .counts: source = position
            case .corrected(let correction): source = correction
            }
            guard let event = try log.event(at: source) else { continue }
            let bytes = event.data
            guard let data = try? JSONValue(bytes.span) else { continue }
            add(source == position ? data : data["data"] ?? .null, at: position)
        }
    }

    /// Takes in what an event says; those before it are in.
    package mutating func add(_ data: JSONValue, at position: Position) {
        guard let kind = data["kind"]?.text.flatMap(Kind.init) else { return }
        let faults = QuestionPart.Faults()
        let part = QuestionPart(value: data["definition"] ?? .null, pointer: "/definition", faults: faults)
        switch kind {
        case .stages: if let map = part.stageMap() { maps.append((position, map)) }
        case .calendar:
            if let hours = BusinessHours(part), faults.list.isEmpty { calendars.append((position, hours)) }
        case .serviceLevels:
            let read = ServiceLevels(part)
            if faults.list.isEmpty { levels.append((position, read)) }
        }
        if let reason = faults.list.first { refused.append(Refused(position: position, reason: reason)) }
    }

    /// The stage map in force as of `position`; nil where none was set and the shipped one is.
    package func map(at position: Position) -> StageMap? { maps.last { $0.position <= position }?.map }

    /// The business hours in force as of `position`; nil where none were set and all hours count.
    package func hours(at position: Position) -> BusinessHours? { calendars.last { $0.position <= position }?.hours }

    /// The service levels in force as of `position`.
    package func serviceLevels(at position: Position) -> ServiceLevels? { levels.last { $0.position <= position }?.levels }
}

extension QuestionPart {
    /// A stage map; a fault that points at what cannot be understood.
    func stageMap() -> StageMap? {
        do throws(Violation) {
            return try StageMap(value)
        } catch {
            faults.add(pointer + error.pointer, error.detail)
            return nil
        }
    }
}
