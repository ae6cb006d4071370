internal import JourneyModel
internal import Timelines

/// A funnel made ready for one snapshot: what each event means is one look-up of its type, and for conditions one bit of its row.
///
/// An object, so that the threads that scan share it as one reference.
final class FunnelPlan: Sendable {
    /// A window without end, in microseconds: longer than all time there is, and short enough to be added to any.
    static let endless: Int64 = 1 << 60

    let definition: FunnelDefinition
    let journeys: Journeys
    let columns: [EventField: PropertyColumn]
    let masks: FunnelMasks
    /// By exclusion: ``FunnelRules/ends``.
    let ends: [UInt32]
    /// When first steps count, in microseconds since 1970.
    let entered: Range<Int64>
    /// By subject, whether it is of the kind that is counted; empty where none is.
    let counted: [Bool]
    /// Microseconds since 1970.
    let at: Int64

    init(
        _ definition: FunnelDefinition, _ journeys: Journeys, _ source: JourneyColumns, _ columns: [EventField: PropertyColumn], at: Int64
    ) {
        self.definition = definition
        self.journeys = journeys
        self.columns = columns
        self.at = at
        entered = definition.entered ?? Int64.min..<Int64.max
        masks = FunnelMasks(definition, journeys, source, columns)
        ends = definition.ends
        counted = FunnelPlan.subjects(definition.unit, journeys, source)
    }

    /// The fields whose columns a plan needs.
    static func fields(_ definition: FunnelDefinition, _ journeys: Journeys, _ source: JourneyColumns) -> Set<EventField> {
        var fields = definition.fields
        let types = (definition.steps + definition.exclusions.map(\.pattern)).flatMap { $0.types ?? [] }
        if journeys.table.hasUnlistedTypes, types.contains(where: { source.type($0) == nil }) { fields.insert(.type) }
        fields.remove(.time)
        return fields
    }

    /// What an engine has to know, for matches whose times count from `base`.
    func rules(base: Int64) -> FunnelRules {
        FunnelRules(steps: definition.steps.count, window: definition.window ?? FunnelPlan.endless, at: at - base, ends: ends)
    }

    private static func subjects(_ unit: FunnelDefinition.Unit, _ journeys: Journeys, _ source: JourneyColumns) -> [Bool] {
        guard case .subjects(let kind) = unit else { return [] }
        let prefix = Array((kind + ":").utf8)
        return source.withSubjects { subjects in
            (0..<UInt32(journeys.roots.count)).map { subject in
                subjects.withBytes(subject) { name in
                    guard name.count > prefix.count else { return false }
                    return prefix.indices.allSatisfy { name[$0] == prefix[$0] }
                }
            }
        }
    }
}
