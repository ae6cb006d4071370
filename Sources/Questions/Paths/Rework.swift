/// How often activities are done again, split four ways: at once or later, by the same actor or another.
///
/// As in edeaR (bupaverse): an event whose activity was done before in the journey is a *self-loop* where nothing came between the two,
/// else a *repetition*. It is by the *same* actor or by an *other* one than the time before; where either is not known it is neither.
package struct Rework: Sendable, Equatable {
    /// What is known of an activity.
    package struct Figures: Sendable, Equatable {
        /// Journeys in which it is done at least twice: pm4py's rework.
        package internal(set) var journeys = 0
        package internal(set) var selfLoop = Split()
        package internal(set) var repetition = Split()
    }

    /// Events by who did it.
    package struct Split: Sendable, Equatable {
        package internal(set) var same = 0
        package internal(set) var other = 0
        package internal(set) var unknown = 0

        /// All of them.
        package var count: Int { same + other + unknown }

        mutating func add(_ more: Split) {
            same += more.same
            other += more.other
            unknown += more.unknown
        }
    }

    /// By activity.
    package private(set) var activities: [Figures] = []
    // By activity, what was seen of it in the journey that is being added.
    private var seen: [Seen] = []
    private var journey = 0

    private struct Seen: Sendable, Equatable {
        var journey = 0
        var row = 0
        var actor: UInt32 = 0
        var isCounted = false
    }

    package init() {}

    /// Adds a journey. O(rows).
    package mutating func add(_ rows: [PathRow]) {
        journey += 1
        for (index, row) in rows.enumerated() {
            let place = Int(row.activity)
            grow(to: place + 1)
            let before = seen[place]
            if before.journey == journey {
                if !before.isCounted { activities[place].journeys += 1 }
                if before.row == index - 1 {
                    Rework.count(&activities[place].selfLoop, before.actor, row.actor)
                } else {
                    Rework.count(&activities[place].repetition, before.actor, row.actor)
                }
            }
            seen[place] = Seen(journey: journey, row: index, actor: row.actor, isCounted: before.journey == journey)
        }
    }

    /// Adds another's journeys.
    ///
    /// - Parameter numbers: this one's number of each activity of the other.
    package mutating func merge(_ other: Rework, numbers: [UInt16]) {
        for (index, figures) in other.activities.enumerated() {
            let place = Int(numbers[index])
            grow(to: place + 1)
            activities[place].journeys += figures.journeys
            activities[place].selfLoop.add(figures.selfLoop)
            activities[place].repetition.add(figures.repetition)
        }
    }

    /// What is known of an activity.
    package subscript(activity: Int) -> Figures {
        activity < activities.count ? activities[activity] : Figures()
    }

    private static func count(_ split: inout Split, _ before: UInt32, _ now: UInt32) {
        if before == 0 || now == 0 {
            split.unknown += 1
        } else if before == now {
            split.same += 1
        } else {
            split.other += 1
        }
    }

    private mutating func grow(to count: Int) {
        while activities.count < count { activities.append(Figures()) }
        while seen.count < count { seen.append(Seen()) }
    }
}
