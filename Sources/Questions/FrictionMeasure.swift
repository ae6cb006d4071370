package import JourneyModel

/// A place where journeys can suffer, and how.
package struct FrictionMeasure: Hashable, Sendable {
    /// The kinds, by the names that answers use. Durations: dwell, handoff wait, wait. Rates: the others.
    package enum Kind: String, Sendable {
        case handoffWait = "handoff-wait"
        case dwell
        case regression
        case rework
        case pingPong = "ping-pong"
        case dropOff = "drop-off"
        /// From one kind of event to another, and how many journeys have a kind of event: measures of the catalogue, with names of their own.
        case wait
        case rate

        var isDuration: Bool { self == .handoffWait || self == .dwell || self == .wait }
    }

    package let kind: Kind
    /// As answers have it.
    package let name: String
    /// Departments; equal where the work stays in one.
    package let from: Department
    package let to: Department
    /// The stage waited in or for, or the activity that is repeated.
    package let stage: String
    package let side: StageMap.Side

    /// - Parameter name: nil for the name of the kind.
    init(kind: Kind, name: String? = nil, from: Department, to: Department, stage: String, side: StageMap.Side) {
        (self.kind, self.name, self.from, self.to, self.stage, self.side) = (kind, name ?? kind.rawValue, from, to, stage, side)
    }

    /// What a stay in `stage` is: a handoff's wait where it is another department's turn, or else work in the stage.
    /// Nil in the last stage, where journeys are meant to stay.
    package static func stay(in stage: Int, _ map: StageMap) -> FrictionMeasure? {
        guard stage + 1 < map.stages.count else { return nil }
        let place = map.stages[stage]
        guard let other = place.waitsFor else {
            return FrictionMeasure(kind: .dwell, from: place.department, to: place.department, stage: place.name, side: place.side)
        }
        let next = map.stages[stage + 1].name
        return FrictionMeasure(kind: .handoffWait, from: place.department, to: other, stage: next, side: place.side)
    }
}
