internal import Consumers
internal import JourneyModel
internal import Questions
internal import Views

/// Reading the parameters of requests.
extension Route {
    static func append(_ values: [String: String]) throws(Problem) -> Route {
        guard values["atomic"].map({ $0 == "false" || $0 == "true" }) ?? true else {
            throw RequestTarget.invalid("atomic", "is neither true nor false")
        }
        return .append(expect: try position("expect", values))
    }

    static func event(_ text: String) throws(Problem) -> Route {
        guard let position = position(of: text), position > 0 else {
            throw Problem(.notFound, "'\(text)' is not a position: positions are 1, 2, 3 …")
        }
        return .event(position)
    }

    static func consumerName(_ text: String, _ parameter: String = "name") throws(Problem) -> String {
        if let fault = Consumer.fault(inName: text) { throw RequestTarget.invalid(parameter, fault) }
        return text
    }

    static func viewQuery(_ values: [String: String]) throws(Problem) -> ViewQuery {
        var query = ViewQuery()
        query.scope.from = try moment("from", values)?.microseconds
        query.scope.to = try moment("to", values)?.microseconds
        query.at = try moment("at", values)
        switch values["scope"] {
        case nil, "revenue": break
        case "sales": query.scope.department = .sales
        default: throw RequestTarget.invalid("scope", "is neither revenue (all departments) nor sales")
        }
        if let by = values["by"] {
            guard by == "source" || by.hasPrefix("data.") && by.count > 5 && !by.contains("..") && !by.hasSuffix(".") else {
                throw RequestTarget.invalid("by", "is neither source nor a field of data such as data.region")
            }
            query.by = by
        }
        return query
    }

    /// What is asked of a view.
    static func keptQuery(_ values: [String: String]) throws(Problem) -> KeptViews.Query {
        var query = KeptViews.Query()
        query.version = try version(values)
        query.at = try moment("at", values)
        func add(_ name: String, _ value: JSONValue) { query.frame.append(JSONValue.Member(name: name, value: value)) }
        if let text = values["asOf"] {
            if let position = position(of: text) {
                add("asOf", .number(String(position)))
            } else {
                guard let moment = Timestamp(text) else {
                    throw RequestTarget.invalid("asOf", "is neither a position nor a date or date-time at which it was recorded")
                }
                add("asOf", .string(moment.text))
            }
        }
        if let text = values["explain"] { add("explain", try explanation(text)) }
        if let text = values["list"] {
            guard let listing = Question.Listing(rawValue: text) else {
                throw RequestTarget.invalid("list", "is none of \(Question.Listing.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            add("list", .string(listing.rawValue))
        }
        return query
    }

    /// A cell such as `step:2,dropped`, or a journey by a subject of it.
    private static func explanation(_ text: String) throws(Problem) -> JSONValue {
        func object(_ members: [(String, JSONValue)]) -> JSONValue {
            .object(members.map { JSONValue.Member(name: $0.0, value: $0.1) })
        }
        if case .cell(let step, let cell) = Question.Explained(cell: text) {
            return object([("step", .number(String(step))), ("cell", .string(cell.rawValue))])
        }
        guard !text.hasPrefix("step:"), text.contains(":") else {
            throw RequestTarget.invalid("explain", "is neither a cell such as step:2,dropped nor a subject such as lead:42")
        }
        return object([("journey", .string(text))])
    }

    static func version(_ values: [String: String]) throws(Problem) -> Int? {
        guard let text = values["version"] else { return nil }
        guard let number = position(of: text), number > 0, number < Position(Int32.max) else {
            throw RequestTarget.invalid("version", "is not the number of a version: 1, 2, 3 …")
        }
        return Int(number)
    }

    static func moment(_ name: String, _ values: [String: String]) throws(Problem) -> Timestamp? {
        guard let text = values[name] else { return nil }
        guard let moment = Timestamp(text) else {
            throw RequestTarget.invalid(name, "is not a date or date-time such as 2026-03-01 or 2026-03-01T09:30:00Z")
        }
        return moment
    }

    static func position(_ name: String, _ values: [String: String]) throws(Problem) -> Position? {
        guard let text = values[name] else { return nil }
        guard let position = position(of: text) else { throw RequestTarget.invalid(name, "is not a position: 0, 1, 2 …") }
        return position
    }

    /// Reads a position: digits, and no more than an `Int64` holds, as JSON's readers elsewhere do not take more.
    static func position(of text: String) -> Position? {
        guard let position = Position(text), position <= Position(Int64.max), text.utf8.first != UInt8(ascii: "+") else { return nil }
        return position
    }
}
