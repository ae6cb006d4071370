package import JourneyModel

/// The part of a question's frame that says under which definitions and identities it is asked, and against what the answer is held.
///
///     "under": {…a stage map…} | {"position": P},      "identity": P,
///     "assuming": [{"linked": {"a": …, "b": …}}, {"unlinked": {"a": …, "b": …}}, {"merged": {"winner": …, "losers": […]}}],
///     "diff": P | "2026-03-01T00:00:00Z" | "under"
package struct QuestionLens: Sendable {
    static let members = ["under", "identity", "assuming", "diff"]
    /// Most links and ends of links that are assumed.
    package static let maximumAssumptions = 100

    /// Another stage map than the one in force.
    package enum Under: Sendable {
        case map(StageMap)
        /// The one that was in force then.
        case knowledge(Question.Knowledge)
    }

    /// What the answer is held against.
    package enum Against: Sendable {
        /// What was known then.
        case knowledge(Question.Knowledge)
        /// The map in force, where another one is asked under.
        case under
    }

    /// A link that nobody has recorded, or its end.
    package struct Assumption: Sendable {
        package let first: String
        package let second: String
        package let isLink: Bool
        /// Where the question says so.
        package let pointer: String
    }

    package let under: Under?
    /// When what is known of links was known.
    package let identity: Question.Knowledge?
    package let assumptions: [Assumption]
    package let against: Against?

    init(_ whole: QuestionPart) {
        under = whole["under"].flatMap { QuestionLens.under($0) }
        identity = whole["identity"].flatMap { Question.knowledge($0) }
        let elements = whole["assuming"]?.elements(1...QuestionLens.maximumAssumptions, "links: linked, unlinked or merged") ?? []
        assumptions = elements.flatMap { QuestionLens.assumptions($0) }
        if assumptions.count > QuestionLens.maximumAssumptions {
            whole["assuming"]?.fault("comes to \(assumptions.count) links; at most \(QuestionLens.maximumAssumptions) can be assumed")
        }
        against = whole["diff"].flatMap { part in
            part.value.text == "under" ? .under : Question.knowledge(part, "or \"under\"").map { .knowledge($0) }
        }
        if case .under = against, whole["under"] == nil {
            whole["diff"]?.fault("goes with under: the map to hold the one in force against")
        }
        if whole["assuming"] != nil { whole["diff"]?.fault("does not go with assuming, whose answer is told with its difference") }
    }

    /// Faults for what does not go with the kind of question.
    static func check(_ whole: QuestionPart, _ kind: String) {
        if kind != "stages", kind != "friction" { whole["under"]?.fault("goes with stages and friction, which have a stage map") }
        if kind != "stages", kind != "funnel" {
            for name in ["diff", "assuming"] { whole[name]?.fault("goes with funnel and stages") }
        }
        if kind != "stages", let diff = whole["diff"], diff.value.text == "under" { diff.fault("under goes with stages") }
        if let explain = whole["explain"], explain["journey"] != nil {
            for name in ["diff", "assuming"] { whole[name]?.fault("does not go with the explanation of a journey") }
        }
    }

    private static func under(_ part: QuestionPart) -> Under? {
        guard let position = part["position"] else { return part.stageMap().map { .map($0) } }
        part.allow(["position"], "a stage map, or the position as of which one was in force")
        return Question.knowledge(position).map { .knowledge($0) }
    }

    private static func assumptions(_ part: QuestionPart) -> [Assumption] {
        let kinds = ["linked", "unlinked", "merged"]
        part.allow(kinds, "linked, unlinked or merged")
        guard let kind = kinds.first(where: { part[$0] != nil }), part.value.members?.count == 1, let said = part[kind] else {
            if part.value.members != nil { part.fault("must have one of \(kinds.joined(separator: ", "))") }
            return []
        }
        let (one, other) = kind == "merged" ? ("winner", "losers") : ("a", "b")
        said.allow([one, other], "\(one) and \(other), subjects such as lead:42")
        guard let first = said[one]?.subject(), let rest = said[other] else {
            for name in [one, other] where said[name] == nil { said.fault("has no \(name)") }
            return []
        }
        let others = kind == "merged" ? rest.elements(1...maximumAssumptions, "subjects") : [rest]
        return others.compactMap { part in
            guard let second = part.subject() else { return nil }
            if first == second { part.fault("is the same subject as \(one)") }
            return Assumption(first: first, second: second, isLink: kind != "unlinked", pointer: part.pointer)
        }
    }
}

extension QuestionPart {
    /// The name of a subject.
    fileprivate func subject() -> String? {
        let utf8 = Array((value.text ?? "").utf8)
        guard let text = value.text, Subject.fault(utf8.span) == nil else {
            fault("must be a subject, kind:id, such as lead:42")
            return nil
        }
        return text
    }
}
