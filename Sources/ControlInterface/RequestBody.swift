internal import JourneyModel

/// The body of a request that is one flat JSON object, whose members are all known.
struct RequestBody {
    private let value: JSONValue

    /// - Parameter members: the names that are taken.
    /// - Throws: `malformed-json`; `invalid-parameter` for a body that is not an object, or a member of another name.
    init(_ body: [UInt8], members: Set<String>) throws(Problem) {
        do throws(JSONFault) {
            value = try JSONValue(body.span)
        } catch {
            throw Problem(.malformedJSON, "the body is not JSON: \(error.reason) at byte \(error.offset)")
        }
        guard let given = value.members else { throw Problem(.invalidParameter, "the body is not a JSON object") }
        var seen: Set<String> = []
        for member in given {
            guard seen.insert(member.name).inserted else { throw Problem(.invalidParameter, "\"\(member.name)\" is given twice") }
            guard !members.contains(member.name) else { continue }
            throw Problem(
                .invalidParameter, "\"\(member.name)\" is not a member of this request: \(members.sorted().joined(separator: ", "))")
        }
    }

    /// A member as it is; nil where it is not given.
    func value(_ name: String) -> JSONValue? {
        value[name]
    }

    /// The text of a member; nil where it is not given.
    func text(_ name: String) throws(Problem) -> String? {
        guard let member = value[name] else { return nil }
        guard let text = member.text else { throw Problem(.invalidParameter, "\"\(name)\" is not a string") }
        return text
    }

    /// The elements of a member; nil where it is not given.
    func elements(_ name: String) throws(Problem) -> [JSONValue]? {
        guard let member = value[name] else { return nil }
        guard let elements = member.elements else { throw Problem(.invalidParameter, "\"\(name)\" is not an array") }
        return elements
    }

    /// The number of a member, not negative; nil where it is not given.
    func number(_ name: String) throws(Problem) -> Int? {
        guard let member = value[name] else { return nil }
        guard let number = member.integer, number >= 0 else {
            throw Problem(.invalidParameter, "\"\(name)\" is not a whole number from 0 on")
        }
        return number
    }

    /// The moment of a member; nil where it is not given.
    func moment(_ name: String) throws(Problem) -> Timestamp? {
        guard let text = try text(name) else { return nil }
        guard let moment = Timestamp(text) else {
            throw Problem(.invalidParameter, "\"\(name)\" is not a date or date-time such as 2026-03-01 or 2026-03-01T09:30:00Z")
        }
        return moment
    }
}
