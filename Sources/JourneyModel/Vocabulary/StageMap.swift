/// The stages of a journey in their order, and what each event type does to them: the shipped `schemas/stages.json`.
package struct StageMap: Sendable {
    /// Whom a stage's friction hurts.
    package enum Side: String, Sendable {
        case prospect, customer, seller
    }

    /// A stage.
    package struct Stage: Sendable {
        package let name: String
        package let title: String
        /// The department that must move the journey on.
        package let department: Department
        /// The department whose turn it is, where a stay in the stage is a handoff that waits to be taken up.
        package let waitsFor: Department?
        package let side: Side
        /// How long after entering a journey can still reach a later stage, in microseconds; the far edge counts.
        package let window: Int64
    }

    /// What an event does to its journey's stage.
    package enum Effect: Sendable, Equatable {
        /// Moves forward to the stage. Where `onlyFirst`, it counts only before the journey has been in any later stage.
        case enters(stage: Int, onlyFirst: Bool)
        /// Moves back to the stage on purpose: a lead that was recycled.
        case returns(stage: Int)
        /// Ends the journey with the outcome, until something enters a stage again.
        case exits(outcome: Int)
    }

    /// An effect of an event type, for events whose `data` has the given value; all of them where `condition` is nil.
    package struct Rule: Sendable {
        package let type: String
        package let condition: Condition?
        package let effect: Effect
    }

    /// A string field of `data` and the value it must have; nil asks that it be absent.
    package struct Condition: Sendable {
        package let field: String
        package let value: String?
    }

    /// Work that is done a second time: `again` on a journey that has `base`.
    package struct Rework: Sendable {
        package let activity: String
        package let base: String
        package let again: String
        package let department: Department
        package let side: Side
    }

    package let stages: [Stage]
    package let outcomes: [String]
    package let rules: [Rule]
    package let rework: [Rework]
    /// Fields of `data` that name the department which holds the case from then on.
    package let holders: [String]
    /// Fields of `data` by which friction is compared.
    package let dimensions: [String]
    /// Types whose `data.money` is what the journey is worth.
    package let valueTypes: Set<String>
    /// The definition as canonical JSON: equal meaning, equal bytes.
    package let canonicalText: [UInt8]

    /// The map the program was built with.
    ///
    /// - Throws: where the shipped file cannot be read, which the tests rule out.
    package static func shipped() throws(Violation) -> StageMap {
        guard let file = EmbeddedSchemas.files.first(where: { $0.path == "stages.json" }) else {
            throw Violation(pointer: "", detail: "stages.json is missing")
        }
        let value: JSONValue
        do throws(JSONFault) {
            value = try JSONValue(text: file.text)
        } catch {
            throw Violation(pointer: "", detail: "stages.json, byte \(error.offset): \(error.reason)")
        }
        return try StageMap(value)
    }

    /// Most stages, effects, kinds of rework, outcomes, dimensions and fields that name holders.
    package static let maximumStages = 64
    package static let maximumEffects = 255
    package static let maximumRework = 32
    package static let maximumNames = 16

    /// Reads a map.
    ///
    /// - Throws: a ``Violation`` that points at the first part that cannot be understood.
    package init(_ value: JSONValue) throws(Violation) {
        let members = ["$comment", "name", "stages", "outcomes", "effects", "rework", "holder", "dimensions", "value"]
        try StageMap.allow(members, value, at: "")
        var stages: [Stage] = []
        for (index, stage) in try StageMap.elements("stages", value, most: StageMap.maximumStages).enumerated() {
            stages.append(try Stage(stage, at: "/stages/\(index)"))
            guard !stages.dropLast().contains(where: { $0.name == stages[index].name }) else {
                throw Violation(pointer: "/stages/\(index)/name", detail: "is the name of another stage as well")
            }
        }
        guard stages.count >= 2 else {
            throw Violation(pointer: "/stages", detail: "must be an array of 2 to \(StageMap.maximumStages) stages")
        }
        let outcomes = try StageMap.texts("outcomes", value, most: StageMap.maximumEffects)
        var rules: [Rule] = []
        for (index, effect) in try StageMap.elements("effects", value, most: StageMap.maximumEffects).enumerated() {
            rules.append(try Rule(effect, stages: stages.map(\.name), outcomes: outcomes, at: "/effects/\(index)"))
        }
        var rework: [Rework] = []
        for (index, entry) in try StageMap.elements("rework", value, most: StageMap.maximumRework).enumerated() {
            rework.append(try Rework(entry, at: "/rework/\(index)"))
        }
        (self.stages, self.outcomes, self.rules, self.rework) = (stages, outcomes, rules, rework)
        dimensions = try StageMap.texts("dimensions", value, most: StageMap.maximumNames)
        holders = try StageMap.texts("holder", value, most: StageMap.maximumNames)
        valueTypes = Set(try StageMap.texts("value", value, most: StageMap.maximumEffects))
        canonicalText = value.canonicalText
    }

    /// The elements of a member that may be missing.
    private static func elements(_ name: String, _ value: JSONValue, most: Int) throws(Violation) -> [JSONValue] {
        guard let member = value[name] else { return [] }
        guard let elements = member.elements, elements.count <= most else {
            let found = member.elements.map { ", not of \($0.count)" } ?? ""
            throw Violation(pointer: "/\(name)", detail: "must be an array of at most \(most)\(found)")
        }
        return elements
    }

    /// As ``elements(_:_:most:)``, of texts that have something in them.
    private static func texts(_ name: String, _ value: JSONValue, most: Int) throws(Violation) -> [String] {
        var texts: [String] = []
        for (index, element) in try elements(name, value, most: most).enumerated() {
            guard let text = element.text, !text.isEmpty else {
                throw Violation(pointer: "/\(name)/\(index)", detail: "must be text")
            }
            texts.append(text)
        }
        return texts
    }

    /// Refuses what is no object, and members that are not among `names`.
    fileprivate static func allow(_ names: [String], _ value: JSONValue, at pointer: String) throws(Violation) {
        guard let members = value.members else { throw Violation(pointer: pointer, detail: "must be an object") }
        for member in members where !names.contains(member.name) {
            let known = names.filter { $0 != "$comment" }.joined(separator: ", ")
            throw Violation(pointer: "\(pointer)/\(member.name)", detail: "is not known here; known are \(known)")
        }
    }

    /// The place of a stage in the order.
    package func index(ofStage name: String) -> Int? {
        stages.firstIndex { $0.name == name }
    }
}

extension StageMap.Stage {
    fileprivate init(_ value: JSONValue, at pointer: String) throws(Violation) {
        try StageMap.allow(["name", "title", "department", "waitsFor", "side", "window"], value, at: pointer)
        guard let name = value["name"]?.text, !name.isEmpty else { throw Violation(pointer: "\(pointer)/name", detail: "is missing") }
        guard let department = value["department"]?.text.flatMap({ Department(name: $0) }) else {
            throw Violation(pointer: "\(pointer)/department", detail: "is not a department")
        }
        guard let side = value["side"]?.text.flatMap(StageMap.Side.init(rawValue:)) else {
            throw Violation(pointer: "\(pointer)/side", detail: "is not prospect, customer or seller")
        }
        guard let window = value["window"]?.text.flatMap({ TimeSpan($0) }) else {
            throw Violation(pointer: "\(pointer)/window", detail: "is not a length of time such as P90D")
        }
        var waitsFor: Department?
        if let name = value["waitsFor"]?.text {
            guard let other = Department(name: name) else { throw Violation(pointer: "\(pointer)/waitsFor", detail: "is not a department") }
            waitsFor = other
        }
        self.init(
            name: name, title: value["title"]?.text ?? name, department: department, waitsFor: waitsFor, side: side,
            window: window.microseconds)
    }
}

extension StageMap.Rule {
    fileprivate init(_ value: JSONValue, stages: [String], outcomes: [String], at pointer: String) throws(Violation) {
        try StageMap.allow(["type", "when", "enters", "onlyFirst", "returns", "exits"], value, at: pointer)
        guard let type = value["type"]?.text else { throw Violation(pointer: "\(pointer)/type", detail: "is missing") }
        var condition: StageMap.Condition?
        if let when = value["when"] {
            guard let member = when.members?.first, when.members?.count == 1, member.value == .null || member.value.text != nil else {
                throw Violation(pointer: "\(pointer)/when", detail: "is not one field of data with a string or null")
            }
            condition = StageMap.Condition(field: member.name, value: member.value.text)
        }
        let effect: StageMap.Effect
        if let stage = value["enters"]?.text.flatMap(stages.firstIndex(of:)) {
            effect = .enters(stage: stage, onlyFirst: value["onlyFirst"] == .bool(true))
        } else if let stage = value["returns"]?.text.flatMap(stages.firstIndex(of:)) {
            effect = .returns(stage: stage)
        } else if let outcome = value["exits"]?.text.flatMap(outcomes.firstIndex(of:)) {
            effect = .exits(outcome: outcome)
        } else {
            throw Violation(pointer: pointer, detail: "names no known stage to enter or return to and no known outcome to exit with")
        }
        self.init(type: type, condition: condition, effect: effect)
    }
}

extension StageMap.Rework {
    fileprivate init(_ value: JSONValue, at pointer: String) throws(Violation) {
        try StageMap.allow(["activity", "base", "again", "department", "side"], value, at: pointer)
        guard let activity = value["activity"]?.text, let base = value["base"]?.text, let again = value["again"]?.text,
            let department = value["department"]?.text.flatMap({ Department(name: $0) }),
            let side = value["side"]?.text.flatMap(StageMap.Side.init(rawValue:))
        else { throw Violation(pointer: pointer, detail: "has not activity, base, again, department and side") }
        self.init(activity: activity, base: base, again: again, department: department, side: side)
    }
}
