internal import Timelines

/// Which journeys of two snapshots have to do with one another: those that share a subject, and so on. Where no link came or went, each journey with
/// itself.
///
/// Cost: 4 bytes a subject.
struct JourneyFamilies: Sendable {
    // By subject: its family's least subject, once all are joined.
    private var parents: [UInt32]

    /// O(subjects).
    init(_ before: Journeys, _ after: Journeys) {
        parents = Array(0..<UInt32(max(before.roots.count, after.roots.count)))
        for roots in [before.roots, after.roots] {
            for (subject, root) in roots.enumerated() where subject != Int(root) { join(UInt32(subject), root) }
        }
        // A parent is less than its child, so it has its family already.
        for subject in parents.indices { parents[subject] = parents[Int(parents[subject])] }
    }

    /// How many subjects are known.
    var count: Int { parents.count }

    /// The family of a subject.
    subscript(subject: UInt32) -> UInt32 { parents[Int(subject)] }

    private mutating func join(_ one: UInt32, _ other: UInt32) {
        let (one, other) = (root(one), root(other))
        if one != other { parents[Int(max(one, other))] = min(one, other) }
    }

    private mutating func root(_ subject: UInt32) -> UInt32 {
        var subject = subject
        while parents[Int(subject)] != subject {
            let grandparent = parents[Int(parents[Int(subject)])]
            parents[Int(subject)] = grandparent
            subject = grandparent
        }
        return subject
    }
}
