internal import JourneyModel

extension Scope {
    /// Reads `scope`, `from` and `to`: whose stages are meant, and when journeys entered their first stage.
    init(_ part: QuestionPart) {
        self.init()
        if let scope = part["scope"] {
            let name = scope.value.text ?? ""
            department = Department(name: name)
            if department == nil, name != "revenue" {
                scope.fault(
                    "must be revenue (all departments) or one department: \(Department.allCases.map(\.name).joined(separator: ", "))")
            }
        }
        from = part["from"]?.moment()?.microseconds
        to = part["to"]?.moment()?.microseconds
        if let from, let to, from >= to { part["to"]?.fault("must be later than from") }
    }
}
