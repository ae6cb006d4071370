internal import EventLog
internal import JourneyModel
internal import Timelines

/// What of an event makes the activity, the actor and the department of path rows.
struct PathFields: Sendable, Equatable {
    /// Where departments come from.
    enum DepartmentField: Sendable, Equatable {
        /// The first name of the type, where it is one of the departments.
        case type
        case field(EventField)
    }

    var activity = EventField.type
    var actor: EventField?
    var department = DepartmentField.type

    /// The fields that columns must be had of.
    func fields(hasUnlistedTypes: Bool) -> Set<EventField> {
        var fields: Set<EventField> = []
        if activity != .type || hasUnlistedTypes { fields.insert(activity) }
        if let actor { fields.insert(actor) }
        if case .field(let field) = department { fields.insert(field) }
        return fields
    }
}

/// Turns journeys of the columns into path rows, one journey after another, in one thread.
///
/// Texts are looked up once each and known by their symbols from then on. Cost: a few look-ups a row, two of them hashed where the activity
/// and the actor are fields of data.
struct PathRowReader {
    /// The rows of the last journey, in the order of time, then position.
    private(set) var rows: [PathRow] = []
    private(set) var names: PathNames
    /// Whether an event's activity was one too many to be told apart. Such events are left out.
    private(set) var hasOverflown = false

    private let journeys: Journeys
    private let fields: PathFields
    private let columns: [EventField: PropertyColumn]
    private let included: RowSet?
    private let log: EventLog
    // By symbol of the type, the activity plus one and the department.
    private var types: [(activity: UInt16, department: UInt16)?] = []
    private var activities: [PropertyValue: UInt16] = [:]
    private var actors: [PropertyValue: UInt32] = [.none: 0]
    private var departments: [PropertyValue: UInt16] = [.none: 0]

    private static let none = UInt16.max

    /// - Parameters:
    ///   - columns: of ``PathFields/fields(hasUnlistedTypes:)``.
    ///   - included: the rows that count; all where nil.
    init(
        _ journeys: Journeys, _ fields: PathFields, _ columns: [EventField: PropertyColumn], included: RowSet?, log: EventLog,
        names: PathNames = PathNames()
    ) {
        (self.journeys, self.fields, self.columns, self.included, self.log, self.names) =
            (journeys, fields, columns, included, log, names)
    }

    /// Reads a journey into ``rows``. O(rows).
    mutating func read(_ journey: JourneyRows) {
        rows.removeAll(keepingCapacity: true)
        for event in journey where included?.contains(event.row) ?? true {
            let activity = activity(event)
            guard activity != PathRowReader.none else { continue }
            rows.append(
                PathRow(
                    time: event.time, position: journeys.table.position(event.row), activity: activity, actor: actor(event.row),
                    department: department(event)))
        }
    }

    private mutating func activity(_ event: JourneyRows.Event) -> UInt16 {
        if fields.activity == .type, UInt32(event.type) != EventRecord.unlisted { return type(event.type).activity }
        guard let column = columns[fields.activity] else { return PathRowReader.none }
        let value = column.value(event.row, journeys.effects)
        if let known = activities[value] { return known }
        let number = column.name(value).map { self.number($0) } ?? PathRowReader.none
        activities[value] = number
        return number
    }

    private mutating func actor(_ row: EventTable.Row) -> UInt32 {
        guard let field = fields.actor, let value = columns[field]?.value(row, journeys.effects) else { return 0 }
        if let known = actors[value] { return known }
        let number = UInt32(actors.count)
        actors[value] = number
        return number
    }

    private mutating func department(_ event: JourneyRows.Event) -> UInt16 {
        guard case .field(let field) = fields.department else {
            return UInt32(event.type) == EventRecord.unlisted ? 0 : type(event.type).department
        }
        guard let column = columns[field] else { return 0 }
        let value = column.value(event.row, journeys.effects)
        if let known = departments[value] { return known }
        let number = column.name(value).map { names.department($0) } ?? 0
        departments[value] = number
        return number
    }

    /// What a type makes of an event, looked up once.
    private mutating func type(_ symbol: UInt16) -> (activity: UInt16, department: UInt16) {
        while types.count <= Int(symbol) { types.append(nil) }
        if let known = types[Int(symbol)] { return known }
        let name = log.symbol(UInt32(symbol))
        let found = (
            activity: fields.activity == .type ? number(name) : PathRowReader.none,
            department: Department(eventType: name).map { names.department($0.name) } ?? 0
        )
        types[Int(symbol)] = found
        return found
    }

    private mutating func number(_ name: String) -> UInt16 {
        guard let number = names.activity(name) else {
            hasOverflown = true
            return PathRowReader.none
        }
        return number
    }
}

extension PropertyColumn {
    /// A value as text: nil where there is none, or where it is an object or an array.
    func name(_ value: PropertyValue) -> String? {
        if let number = value.number { return Int64(exactly: number).map(String.init) ?? String(number) }
        return switch text(value) {
        case .text(let text): text
        case .bool(let flag): String(flag)
        case .integer(let integer): String(integer)
        case .composite, nil: nil
        }
    }
}
