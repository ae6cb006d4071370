internal import EventLog
internal import JourneyModel
internal import Timelines

/// The names of journeys: of each the subject of the highest rank (account, contact, lead, other) that was linked first, which is the one whose
/// first event is the earliest; as ``Timelines/journeyName(_:)`` has it.
struct JourneyNames {
    private var names: [UInt32: String] = [:]

    /// Names the journeys with these roots. O(subjects + events of the journeys).
    init(_ roots: Set<UInt32>, _ journeys: Journeys, _ columns: JourneyColumns) {
        guard !roots.isEmpty else { return }
        // By subject, its first event; none for most.
        var firsts = [Int64](repeating: .max, count: journeys.roots.count)
        var rows = [UInt32](repeating: .max, count: journeys.roots.count)
        for journey in journeys where roots.contains(journey.root) {
            for event in journey {
                let subject = Int(journeys.table.subject(event.row))
                if rows[subject] == .max { (firsts[subject], rows[subject]) = (event.time, event.row) }
            }
        }
        var best: [UInt32: (rank: Int, first: Int64, row: UInt32, name: String)] = [:]
        columns.withSubjects { subjects in
            for (subject, root) in journeys.roots.enumerated() where roots.contains(root) {
                let name = subjects.text(UInt32(subject))
                let candidate = (Subject.rank(name), firsts[subject], rows[subject], name)
                if best[root].map({ candidate < ($0.rank, $0.first, $0.row, $0.name) }) ?? true { best[root] = candidate }
            }
        }
        names = best.mapValues { best in
            // What stands for a person's name is told by the name again, where an event still tells it.
            guard best.name.utf8.contains(UInt8(ascii: "~")), best.row != .max,
                let event = try? columns.log.event(at: journeys.table.position(best.row))
            else { return best.name }
            return event.subject
        }
    }

    /// The name of the journey with this root, which must be one of those that were named.
    subscript(root: UInt32) -> String { names[root] ?? "" }
}
