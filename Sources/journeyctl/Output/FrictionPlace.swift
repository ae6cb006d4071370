internal import JourneyModel

/// Where a friction or an open wait is, for people.
enum FrictionPlace {
    /// From which department to which, or the one alone, or nothing.
    static func departments(_ json: JSONValue) -> String {
        let ends = [json["from"], json["to"]].compactMap { $0 == .null ? nil : $0?.readable }
        return ends.count == 2 && ends[0] == ends[1] ? ends[0] : ends.joined(separator: " → ")
    }

    /// Between which departments, or in which stage of one, and which part of all journeys is meant.
    static func text(_ json: JSONValue) -> String {
        let departments = departments(json)
        let isHandoff = json["from"] != json["to"] && !departments.isEmpty
        let stage = isHandoff ? nil : json["stage"].flatMap { $0 == .null ? nil : $0.readable }
        let place = [stage, departments].compactMap { $0?.isEmpty == false ? $0 : nil }.joined(separator: ", ")
        guard let segment = json["segment"], segment != .null else { return place }
        return "\(place), \(segment[orNull: "field"].readable) = \(segment[orNull: "value"].readable)"
    }
}
