internal import JourneyModel
internal import Timelines

/// Reads conditions.
///
///     {"data.origin": {"in": ["paid", "organic"]}, "data.money.minor": {"gte": 1, "lt": 100}, "any": [{"source": "/crm"}, {"account": {"exists": false}}]}
///
/// Members are anded, the elements of `any` are ored; a bare value is `eq`.
struct ConditionReader {
    /// Deepest nesting of `any`.
    static let maximumDepth = 8
    /// Most tests in one question.
    static let maximumTests = 256
    /// Most values of `in`.
    static let maximumValues = 10_000

    private static let operators = ["eq", "ne", "in", "gt", "gte", "lt", "lte", "exists", "prefix", "any"]
    private var tests = 0

    /// Reads a `where`.
    mutating func condition(_ part: QuestionPart, depth: Int = 0) -> Condition {
        guard depth <= ConditionReader.maximumDepth else {
            part.fault("nests any deeper than \(ConditionReader.maximumDepth)")
            return .all([])
        }
        let members = part.members("fields such as data.origin with what is asked of each")
        if members.isEmpty, part.value.members != nil { part.fault("asks for nothing: leave it out, or name a field") }
        var all: [Condition] = []
        for (name, member) in members {
            if name == "any" {
                all.append(.any(member.elements(1...64, "conditions").map { condition($0, depth: depth + 1) }))
            } else if let field = EventField(name) {
                all.append(test(field, member, depth: depth))
            } else {
                member.fault("is not a field: type, source, subject, account, time, data. with a path such as data.origin, or any")
            }
        }
        return all.count == 1 ? all[0] : .all(all)
    }

    /// Reads what is asked of one field.
    private mutating func test(_ field: EventField, _ part: QuestionPart, depth: Int) -> Condition {
        guard depth <= ConditionReader.maximumDepth else {
            part.fault("nests any deeper than \(ConditionReader.maximumDepth)")
            return .all([])
        }
        guard part.value.members != nil else { return test("eq", field, part) }
        let members = part.members("")
        if members.isEmpty { part.fault("asks for nothing: \(ConditionReader.operators.joined(separator: ", "))") }
        var all: [Condition] = []
        for (name, member) in members {
            if name == "any" {
                all.append(.any(member.elements(1...64, "conditions").map { test(field, $0, depth: depth + 1) }))
            } else {
                all.append(test(name, field, member))
            }
        }
        return all.count == 1 ? all[0] : .all(all)
    }

    private mutating func test(_ name: String, _ field: EventField, _ part: QuestionPart) -> Condition {
        guard ConditionReader.operators.contains(name) else {
            part.fault("is not a comparison: \(ConditionReader.operators.joined(separator: ", "))")
            return .all([])
        }
        tests += 1
        if tests == ConditionReader.maximumTests + 1 {
            part.fault("is one more than the \(ConditionReader.maximumTests) tests of a question")
        }
        if field == .time { return ConditionReader.time(name, part) }
        switch name {
        case "exists":
            guard let flag = part.flag() else { return .all([]) }
            return .value(field, .exists, negated: !flag)
        case "in":
            let values = part.elements(1...ConditionReader.maximumValues, "values").compactMap { ConditionReader.scalar($0) }
            return .value(field, .among(values), negated: false)
        case "prefix": return .value(field, .prefix(part.text("what the value begins with") ?? ""), negated: false)
        default:
            guard let value = ConditionReader.scalar(part) else { return .all([]) }
            return ConditionReader.comparison(name, field, value, part)
        }
    }

    private static func comparison(_ name: String, _ field: EventField, _ value: ScalarValue, _ part: QuestionPart) -> Condition {
        switch (name, value) {
        case ("eq", _): return .value(field, .equals(value), negated: false)
        case ("ne", _): return .value(field, .equals(value), negated: true)
        case (_, .null), (_, .bool):
            part.fault("must be a number or text: nothing is less or greater than \(value == .null ? "null" : "true or false")")
            return .all([])
        case ("gt", _): return .value(field, .greater(value), negated: false)
        case ("gte", _): return .value(field, .greaterOrEqual(value), negated: false)
        case ("lt", _): return .value(field, .less(value), negated: false)
        default: return .value(field, .lessOrEqual(value), negated: false)
        }
    }

    private static func time(_ name: String, _ part: QuestionPart) -> Condition {
        guard ["eq", "ne", "gt", "gte", "lt", "lte"].contains(name) else {
            part.fault("cannot be asked of time: eq, ne, gt, gte, lt, lte with a date or date-time")
            return .all([])
        }
        guard let moment = part.moment()?.microseconds else { return .all([]) }
        return switch name {
        case "eq": .time(moment...moment, negated: false)
        case "ne": .time(moment...moment, negated: true)
        case "gt": .time((moment + 1)...Int64.max, negated: false)
        case "gte": .time(moment...Int64.max, negated: false)
        case "lt": .time(Int64.min...(moment - 1), negated: false)
        default: .time(Int64.min...moment, negated: false)
        }
    }

    private static func scalar(_ part: QuestionPart) -> ScalarValue? {
        switch part.value {
        case .null: return .null
        case .bool(let flag): return .bool(flag)
        case .string(let text): return .text(text)
        case .number(let text):
            if let integer = Int64(text), Double(exactly: integer) == nil { return .integer(integer) }
            if let number = Double(text), number.isFinite { return .number(number) }
            part.fault("is too large a number")
            return nil
        case .array, .object:
            part.fault("must be text, a number, true, false or null; several go into in")
            return nil
        }
    }
}
