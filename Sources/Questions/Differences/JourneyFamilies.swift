internal import Timelines

/// Which journeys of two snapshots have to do with one another: those that share a subject, and so on. Where no link came or went, each journey with
/// itself.
///
/// Cost: 4 bytes a subject.
struct JourneyFamilies: Sendable {
    // By subject: its family's least subject.
    private let families: [UInt32]

    /// O(subjects).
    init(_ before: Journeys, _ after: Journeys) {
        var sets = SubjectSets(count: max(before.roots.count, after.roots.count))
        for roots in [before.roots, after.roots] {
            for (subject, root) in roots.enumerated() where subject != Int(root) { sets.join(UInt32(subject), root) }
        }
        families = sets.roots
    }

    /// How many subjects are known.
    var count: Int { families.count }

    /// The family of a subject.
    subscript(subject: UInt32) -> UInt32 { families[Int(subject)] }
}
