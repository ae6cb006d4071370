package import JourneyModel

/// One event of a journey as path questions see it: 32 bytes.
package struct PathRow: Sendable, Equatable {
    /// When it happened, in microseconds since 1970.
    package let time: Int64
    /// Where it is in the log.
    package let position: Position
    /// What was done: an index into ``PathNames/activities``.
    package let activity: UInt16
    /// The department it was done in, or which holds the case from then on, plus one; zero where that is not known. An index into
    /// ``PathNames/departments``.
    package let department: UInt16
    /// Who did it, plus one; zero where that is not known.
    package let actor: UInt32

    package init(time: Int64, position: Position, activity: UInt16, actor: UInt32 = 0, department: UInt16 = 0) {
        self.time = time
        self.position = position
        self.activity = activity
        self.actor = actor
        self.department = department
    }
}

/// The texts behind the numbers in path rows.
package struct PathNames: Sendable, Equatable {
    /// Most activities that a question tells apart.
    ///
    /// The graph keeps a square matrix of four bytes an edge, 4 MiB at most; no one reads a graph of more nodes.
    package static let maximumActivities = 1024

    package internal(set) var activities: [String] = []
    package internal(set) var departments: [String] = []
    private var activityNumbers: [String: UInt16] = [:]
    private var departmentNumbers: [String: UInt16] = [:]

    package init() {}

    /// The number of an activity, given now where it has none; nil where there are too many.
    package mutating func activity(_ name: String) -> UInt16? {
        if let known = activityNumbers[name] { return known }
        guard activities.count < PathNames.maximumActivities else { return nil }
        let number = UInt16(activities.count)
        activities.append(name)
        activityNumbers[name] = number
        return number
    }

    /// The number of an activity that has one.
    package func number(ofActivity name: String) -> UInt16? { activityNumbers[name] }

    /// The number of a department plus one, given now where it has none; zero where there are too many.
    package mutating func department(_ name: String) -> UInt16 {
        if let known = departmentNumbers[name] { return known }
        guard departments.count < PathNames.maximumActivities else { return 0 }
        departments.append(name)
        let number = UInt16(departments.count)
        departmentNumbers[name] = number
        return number
    }

    package static func == (left: PathNames, right: PathNames) -> Bool {
        left.activities == right.activities && left.departments == right.departments
    }
}
