internal import JourneyModel
internal import Timelines

/// What an answer is held against, and what can differ between the two.
struct Against: Sendable {
    /// What the other side is.
    enum Side: Sendable {
        /// What was known at a position, and when that was.
        case position(Position, moment: Timestamp?)
        /// The answer under the map in force.
        case definition(StageMap)
        /// The answer without what is assumed.
        case withoutAssuming
    }

    let side: Side
    let before: Journeys
    let families: JourneyFamilies
    /// Between two positions: the events that came, and whose journeys they touch.
    let arrivals: [Journeys.Arrival]
    // By family, whether it can differ; all can where nil.
    private let touched: [Bool]?

    init(_ side: Side, _ before: Journeys, _ after: Journeys, assumed: [IdentityLens.Assumption]) {
        (self.side, self.before) = (side, before)
        families = JourneyFamilies(before, after)
        let subjects: [UInt32]
        switch side {
        case .position:
            arrivals = after.arrivals(since: before)
            subjects = arrivals.map(\.subject)
        case .definition:
            (arrivals, subjects, touched) = ([], [], nil)
            return
        case .withoutAssuming: (arrivals, subjects) = ([], assumed.flatMap { [$0.first, $0.second] })
        }
        var touched = [Bool](repeating: false, count: families.count)
        for subject in subjects { touched[Int(families[subject])] = true }
        self.touched = touched
    }

    /// The map of the other side, where that is what differs.
    var map: StageMap? { if case .definition(let map) = side { map } else { nil } }

    /// By root of the journeys, whether they can differ.
    func told(_ journeys: Journeys) -> [Bool] {
        guard let touched else { return Array(repeating: true, count: journeys.roots.count) }
        return journeys.roots.indices.map { touched[Int(families[UInt32($0)])] }
    }

    /// Writes the member `against`.
    func write(to writer: inout JSONWriter) {
        writer.key("against")
        writer.object { writer in
            switch side {
            case .position(let position, let moment):
                writer.member("position", position)
                writer.member("recordedat", moment?.text)
            case .definition(let map): writer.member("definition", map.digest)
            case .withoutAssuming: writer.member("without", "assuming")
            }
        }
    }
}
