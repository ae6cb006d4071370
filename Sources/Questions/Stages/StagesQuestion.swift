internal import JourneyModel
internal import Timelines

/// A question for the stage funnel: of the journeys that entered each stage of the map, how many went on, still can, or are lost.
///
///     {"scope": "sales", "from": "2026-01-01", "to": "2026-04-01", "by": "data.region"}
///
/// All is optional: what `GET /v1/funnel` tells, as of any position, under any map. `from` and `to` are of the moments at which journeys entered their
/// first stage; `by` a field of which every value is told apart.
package struct StagesQuestion: Sendable {
    private static let members = ["scope", "from", "to", "by"]
    /// Most values of `by`.
    package static let maximumValues = 10_000

    let scope: Scope
    let by: EventField?

    init(_ part: QuestionPart) {
        part.allow(StagesQuestion.members, "a question for stages, {} for all")
        scope = Scope(part)
        by = part["by"]?.field()
        switch by {
        case nil, .source, .data: break
        default: part["by"]?.fault("must be source or a field of data such as data.region")
        }
    }

    /// The fields that the question looks at.
    func fields(_ maps: [StageMap]) -> Set<EventField> {
        maps.reduce(into: Set([by].compactMap(\.self))) { $0.formUnion(SummaryReader.fields($1)) }
    }
}
