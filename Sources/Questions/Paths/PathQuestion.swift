internal import EventLog
internal import JourneyModel
package import Timelines

/// A path question: which way journeys go.
///
///     {"activity": "data.activity", "actor": "data.resource", "department": "data.group", "where": {…},
///      "limits": {"nodes": 100, "edges": 500, "variants": 20},
///      "around": {"activity": "quote", "without": "order", "within": "P30D", "before": 3, "after": 3}}
///
/// The activity is the type unless it says otherwise, the department that of the type. Events that do not meet `where`, or have no activity, are
/// passed over as if they were not there.
package struct PathQuestion: Sendable {
    private static let members = ["activity", "actor", "department", "where", "limits", "around"]

    let fields: PathFields
    let population: Condition?
    let limits: PathAnswer.Limits
    let around: Around?

    /// Paths before and after an activity.
    struct Around: Sendable {
        let activity: String
        let before: Int
        let after: Int
        let goal: String?
        let window: Int64?
    }

    init(_ part: QuestionPart) {
        part.allow(PathQuestion.members, "a path question")
        var fields = PathFields()
        if let field = part["activity"]?.field() { fields.activity = field }
        fields.actor = part["actor"]?.field()
        if let field = part["department"]?.field() { fields.department = .field(field) }
        self.fields = fields
        var conditions = ConditionReader()
        population = part["where"].map { conditions.condition($0) }
        limits = part["limits"].map { PathQuestion.limits($0) } ?? PathAnswer.Limits()
        around = part["around"].flatMap { Around($0) }
    }

    private static func limits(_ part: QuestionPart) -> PathAnswer.Limits {
        part.allow(["nodes", "edges", "variants"], "how much is told")
        var limits = PathAnswer.Limits()
        if let nodes = part["nodes"]?.integer(1...PathNames.maximumActivities, "activities told of") { limits.nodes = nodes }
        if let edges = part["edges"]?.integer(1...100_000, "edges told of") { limits.edges = edges }
        if let variants = part["variants"]?.integer(0...100_000, "variants told of") { limits.variants = variants }
        return limits
    }

    /// The fields that the question looks at.
    package func fields(_ journeys: Journeys) -> Set<EventField> {
        fields.fields(hasUnlistedTypes: journeys.table.hasUnlistedTypes).union(population?.fields ?? [])
    }

    /// Adds up all journeys, piece by piece on the columns' threads.
    ///
    /// - Throws: where the activities are too many to be told apart, or the columns cannot be had.
    /// - Complexity: O(rows), about a tenth of a microsecond each and thread.
    package func answer(
        _ journeys: Journeys, _ source: JourneyColumns, _ monitor: WorkMonitor = WorkMonitor()
    ) throws(QuestionFault) -> PathAnswer {
        PathAnswer(try statistics(journeys, source, monitor), limits: limits)
    }

    func statistics(
        _ journeys: Journeys, _ source: JourneyColumns, _ monitor: WorkMonitor
    ) throws(QuestionFault) -> PathStatistics {
        let columns: [EventField: PropertyColumn]
        do throws(ColumnsError) {
            columns = try source.properties(fields(journeys), for: journeys, monitor)
        } catch {
            throw .columns(error)
        }
        var names = PathNames()
        let anchor = around.flatMap { PathsAround.Anchor($0, &names) }
        let scan = PathScan(journeys, fields, columns, included: population?.rows(journeys, columns), log: source.log, names: names)
        let parts = try scan.parts(threads: source.limits.threads, monitor, "/paths/activity") { names in
            PathStatistics(names: names, around: anchor)
        } add: { statistics, reader, _ in
            statistics.add(reader.rows)
        } end: { statistics, names in
            statistics.names = names
        }
        var whole = PathStatistics(names: names, around: anchor)
        for part in parts where !whole.merge(part) { throw scan.tooManyActivities("/paths/activity") }
        return whole
    }
}

extension PathQuestion.Around {
    init?(_ part: QuestionPart) {
        part.allow(["activity", "without", "within", "before", "after"], "paths before and after an activity")
        guard let activity = part["activity"] else {
            part.fault("has no activity")
            return nil
        }
        let (goal, window) = (part["without"], part["within"])
        if window != nil, goal == nil { window?.fault("says within what time an activity was not come to: name it in without") }
        guard let name = activity.text("the activity whose first event is meant") else { return nil }
        self.init(
            activity: name, before: part["before"]?.integer(0...10, "events told of before it") ?? 3,
            after: part["after"]?.integer(0...10, "events told of after it") ?? 3, goal: goal?.text("an activity"), window: window?.span())
    }
}

extension PathsAround.Anchor {
    /// - Returns: nil where there are too many activities, which two are not.
    fileprivate init?(_ around: PathQuestion.Around, _ names: inout PathNames) {
        guard let activity = names.activity(around.activity) else { return nil }
        self.init(
            activity: activity, before: around.before, after: around.after, goal: around.goal.flatMap { names.activity($0) },
            window: around.window)
    }
}

extension QuestionPart {
    /// The name of a field of events.
    func field() -> EventField? {
        guard let field = value.text.flatMap({ EventField($0) }), field != .time else {
            fault("must be a field: type, source, subject, account, or data. with a path such as data.origin")
            return nil
        }
        return field
    }
}
