package import JourneyModel

/// What the stage map says of one event type, looked up once and kept by the log's symbol.
package struct TypeFacts: Sendable {
    /// The type of the events that set definitions.
    package static let definitionSet = "ops.definition.set"

    /// The department that emits it.
    package let department: Department?
    /// Indices of the map's rules for the type.
    package let rules: [Int]
    /// Whether its money is what the journey is worth.
    package let isValue: Bool
    /// Whether its events set definitions.
    let setsDefinition: Bool
    /// Whether its events snooze stalls.
    package let snoozes: Bool
    /// What it does to the journeys besides being part of one.
    let role: EventRole
    /// Bit i: the base, or the repetition, of the map's i-th rework.
    package let reworkBase: UInt32
    package let reworkAgain: UInt32

    package init(_ type: String, _ map: StageMap) {
        department = Department(eventType: type)
        rules = map.rules.indices.filter { map.rules[$0].type == type }
        snoozes = type == Snooze.type
        isValue = !snoozes && map.valueTypes.contains(type)
        setsDefinition = type == TypeFacts.definitionSet
        role = EventRole(type: type)
        reworkBase = TypeFacts.bits(map) { $0.base == type }
        reworkAgain = TypeFacts.bits(map) { $0.again == type }
    }

    private static func bits(_ map: StageMap, _ matches: (StageMap.Rework) -> Bool) -> UInt32 {
        map.rework.enumerated().reduce(0) { $1.offset < 32 && matches($1.element) ? $0 | 1 << UInt32($1.offset) : $0 }
    }
}
