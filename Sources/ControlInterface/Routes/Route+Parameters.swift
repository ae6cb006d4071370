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
