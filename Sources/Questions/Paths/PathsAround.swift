/// What journeys do before and after an activity, or after the point from which they never came to another.
///
/// The anchor is the first event of the activity. Where a `goal` is given, only the journeys that do not come to it within the window are
/// told of: what did those do that dropped?
package struct PathsAround: Sendable {
    /// What is asked.
    package struct Anchor: Sendable, Equatable {
        package let activity: UInt16
        /// Events told of on either side, 1 to 10.
        package let before: Int
        package let after: Int
        /// Journeys that come to this activity within `window` microseconds of the anchor, far edge included, do not count.
        package let goal: UInt16?
        package let window: Int64?

        package init(activity: UInt16, before: Int, after: Int, goal: UInt16? = nil, window: Int64? = nil) {
            self.activity = activity
            self.before = before
            self.after = after
            self.goal = goal
            self.window = window
        }
    }

    package let anchor: Anchor
    /// Journeys that have the anchor, and those of them that are told of.
    package private(set) var reached = 0
    package private(set) var told = 0
    /// The sequences that lead to the anchor, and those that come after it; a journey that has fewer events has a shorter one.
    package private(set) var before = Variants()
    package private(set) var after = Variants()
    /// Journeys in which nothing comes before, and in which nothing comes after.
    package private(set) var nothingBefore = 0
    package private(set) var nothingAfter = 0

    package init(_ anchor: Anchor) {
        self.anchor = anchor
    }

    /// Adds a journey. O(rows).
    package mutating func add(_ rows: [PathRow]) {
        guard let place = rows.firstIndex(where: { $0.activity == anchor.activity }) else { return }
        reached += 1
        if let goal = anchor.goal {
            let isReached = rows[place...].dropFirst().contains { row in
                row.activity == goal && row.time - rows[place].time <= anchor.window ?? .max
            }
            if isReached { return }
        }
        told += 1
        let (leading, following) = (rows[..<place].suffix(anchor.before), rows[(place + 1)...].prefix(anchor.after))
        before.add(Array(leading))
        after.add(Array(following))
        nothingBefore += leading.isEmpty ? 1 : 0
        nothingAfter += following.isEmpty ? 1 : 0
    }

    /// Adds another's journeys.
    ///
    /// - Parameter numbers: this one's number of each activity of the other.
    package mutating func merge(_ other: PathsAround, numbers: [UInt16]) {
        reached += other.reached
        told += other.told
        nothingBefore += other.nothingBefore
        nothingAfter += other.nothingAfter
        before.merge(other.before, numbers: numbers)
        after.merge(other.after, numbers: numbers)
    }
}
