internal import JourneyModel

/// How long journeys may stay in a stage: what `ops.definition.set` of the kind `service-levels` says.
package struct ServiceLevels: Sendable, Equatable {
    private let levels: [String: Int64]

    /// Reads `{"mql": "P2D", …}`, a length of time for each stage that has one.
    init(_ part: QuestionPart) {
        var levels: [String: Int64] = [:]
        for (stage, level) in part.members("a length of time for each stage that has a service level") { levels[stage] = level.span() }
        self.levels = levels
    }

    /// The longest stay in a stage, in microseconds; nil where nobody said.
    package subscript(stage: String) -> Int64? { levels[stage] }
}
