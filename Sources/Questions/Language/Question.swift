internal import Crypto
package import JourneyModel

/// A question as it is asked of `POST /v1/questions`: a definition, and the frame that all kinds of questions share.
///
/// Another kind of question is another case of ``Definition``, read where ``readDefinition(_:)`` chooses, and answered beside the others.
package struct Question: Sendable {
    /// What is asked.
    package enum Definition: Sendable {
        case funnel(FunnelDefinition)
        case stages(StagesQuestion)
        case paths(PathQuestion)
        case friction(FrictionQuestion)
        case retention(RetentionQuestion)
        case export(ExportQuestion)
    }

    /// What was known.
    package enum Knowledge: Sendable, Equatable {
        case position(Position)
        /// What was recorded then or before.
        case moment(Timestamp)
    }

    /// Which journeys an answer lists.
    package enum Listing: String, Sendable, CaseIterable {
        /// Those that entered.
        case journeys
        /// Those that entered no step as well.
        case all
    }

    /// What of an answer is to be explained.
    package enum Explained: Sendable, Equatable {
        /// How the rules came out for the journey that a subject belongs to.
        case journey(String)
        /// The journeys behind a number: of the step counted from 1.
        case cell(step: Int, Cell)

        /// Reads `step:2,dropped`, or `step:2` for how many reached it; nil for anything else.
        package init?(cell text: String) {
            let parts = text.split(separator: ",", omittingEmptySubsequences: false)
            guard parts.count <= 2, parts[0].hasPrefix("step:"), let step = Int(parts[0].dropFirst(5)), step > 0 else { return nil }
            guard parts.count == 2 else {
                self = .cell(step: step, .count)
                return
            }
            guard let cell = Cell(rawValue: String(parts[1])) else { return nil }
            self = .cell(step: step, cell)
        }

        /// A number of a step.
        package enum Cell: String, Sendable, CaseIterable {
            case count, undecided, dropped
        }
    }

    /// Most bytes of a question.
    package static let maximumBytes = 256 << 10

    package let definition: Definition
    /// The SHA-256 of the definition as canonical JSON, as `sha256:…`: the same for the same definition however it is written and framed.
    package let hash: String
    package let knowledge: Knowledge?
    /// The moment to judge at.
    package let at: Timestamp?
    package let listing: Listing?
    package let explained: Explained?
    /// Whether only to say what answering would read.
    package let isPlan: Bool
    /// Under which definitions and identities, and against what.
    package let lens: QuestionLens

    private static let kinds = ["funnel", "stages", "paths", "friction", "retention", "export"]
    private static let frame = ["asOf", "at", "list", "explain", "plan", "compare"] + QuestionLens.members
    /// The members of the frame that belong to one asking, and not to what is asked.
    package static let momentary = frame.filter { $0 != "compare" && $0 != "under" }

    /// Reads a question.
    ///
    /// - Throws: ``QuestionFault``, with every fault that was found.
    package init(_ bytes: Span<UInt8>) throws(QuestionFault) {
        guard bytes.count <= Question.maximumBytes else {
            throw .invalid("", "has \(bytes.count) bytes; a question has at most \(Question.maximumBytes)")
        }
        let value: JSONValue
        do throws(JSONFault) {
            value = try JSONValue(bytes)
        } catch {
            throw .malformed(error)
        }
        let faults = QuestionPart.Faults()
        let whole = QuestionPart(value: value, pointer: "", faults: faults)
        whole.allow(Question.kinds + Question.frame, "a question such as {\"funnel\": {\"steps\": […]}}")
        let definition = Question.readDefinition(whole)
        knowledge = whole["asOf"].flatMap { Question.knowledge($0) }
        at = whole["at"]?.moment()
        listing = whole["list"]?.word(Listing.self)
        explained = whole["explain"].flatMap { Question.explained($0, definition) }
        isPlan = whole["plan"]?.flag() ?? false
        lens = QuestionLens(whole)
        guard faults.list.isEmpty, let definition else { throw .invalid(faults.list) }
        self.definition = definition
        hash = Question.hash(value)
    }

    private static func readDefinition(_ whole: QuestionPart) -> Definition? {
        guard whole.value.members != nil else { return nil }
        let asked = kinds.filter { whole[$0] != nil }
        guard asked.count == 1 else {
            whole.fault("must have one of \(kinds.joined(separator: ", "))")
            return nil
        }
        QuestionLens.check(whole, asked[0])
        if let part = whole["funnel"] {
            var reader = FunnelReader()
            return .funnel(reader.funnel(part, comparing: whole["compare"]))
        }
        for name in ["list", "explain", "compare"] { whole[name]?.fault("goes with a funnel") }
        if let part = whole["stages"] { return .stages(StagesQuestion(part)) }
        if let part = whole["paths"] { return .paths(PathQuestion(part)) }
        if let part = whole["friction"] { return .friction(FrictionQuestion(part)) }
        if let part = whole["export"] { return .export(ExportQuestion(part)) }
        return whole["retention"].flatMap { RetentionQuestion($0) }.map { .retention($0) }
    }

    /// Reads what was known: a position or a moment.
    ///
    /// - Parameter alternative: what else it can be, in words.
    static func knowledge(_ part: QuestionPart, _ alternative: String = "") -> Knowledge? {
        if let position = part.value.integer, position >= 0 { return .position(Position(position)) }
        if let moment = part.value.text.flatMap({ Timestamp($0) }) { return .moment(moment) }
        let more = alternative.isEmpty ? "" : ", \(alternative)"
        part.fault("must be a position (0, 1, 2 …), or a date or date-time at which it was recorded\(more)")
        return nil
    }

    private static func explained(_ part: QuestionPart, _ definition: Definition?) -> Explained? {
        part.allow(["journey", "step", "cell"], "what to explain: a journey, or a cell of a step")
        if let journey = part["journey"] {
            for name in ["step", "cell"] { part[name]?.fault("does not go with journey") }
            return journey.text("a subject such as lead:42").map { .journey($0) }
        }
        guard let step = part["step"] else {
            part.fault("needs a journey (a subject such as lead:42), or a step and a cell")
            return nil
        }
        var steps = FunnelDefinition.maximumSteps
        if case .funnel(let funnel) = definition { steps = max(1, funnel.steps.count) }
        guard let number = step.integer(1...steps, "the number of a step, from 1") else { return nil }
        guard let cell = part["cell"] else { return .cell(step: number, .count) }
        return cell.word(Explained.Cell.self).map { .cell(step: number, $0) }
    }

    private static func hash(_ value: JSONValue) -> String {
        let members = value.members?.filter { kinds.contains($0.name) } ?? []
        let digest = SHA256.hash(data: JSONValue.object(members).canonicalText)
        return "sha256:" + digest.hexadecimal
    }
}
