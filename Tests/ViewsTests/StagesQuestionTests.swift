import EventLog
import JourneyModel
import Questions
import TestSupport
import Testing
import Timelines
import Views

/// The stage funnel and the frictions of the stage map, asked of the columns, are those of the live views, to the byte: two implementations of one
/// definition.
@Suite(.serialized) struct StagesQuestionTests {
    @Test(arguments: 1...Seeds.count(30)) func theAnswerIsTheViews(seed: Int) async throws {
        try await Self.compare(seed, definitions: 0)
    }

    /// Both follow the maps, business hours and service levels that events set.
    @Test(arguments: 1...Seeds.count(30)) func theAnswerIsTheViewsUnderTheDefinitionsInForce(seed: Int) async throws {
        try await Self.compare(seed, definitions: 6)
    }

    private static func compare(_ seed: Int, definitions: Int) async throws {
        var random = Seeded(seed: UInt64(seed))
        // Every subject that is named has an event: whether one without events is a journey depends, in the views, on how it came to be named.
        let named = ["lead", "opportunity", "ticket", "account"].flatMap { kind in (0..<12).map { "\(kind):\($0)" } }
        let first = named.enumerated().map {
            eventJSON("s\($0)", type: "custom.thing.happened", subject: $1, time: "2025-12-31T00:00:\($0 + 10)Z")
        }
        var texts = StageLog(hasCompensations: true).events(&random)
        // Late and twice.
        texts += (0..<20).compactMap { _ in texts.randomElement(using: &random) }
        texts += try RandomDefinitions.events(definitions, &random)
        for _ in 0..<30 { texts.swapAt(Int.random(in: texts.indices, using: &random), Int.random(in: texts.indices, using: &random)) }
        let scratch = try Scratch()
        let house = try await House.open(scratch)
        let columns = house.columns
        defer { house.close() }
        let reader = EventReader(catalogue: try .shipped())
        texts = first + texts
        let cut = Int.random(in: first.count..<texts.count, using: &random)
        var earlier: (position: Position, views: [String])?
        for part in [texts[..<cut], texts[cut...]] {
            _ = try await house.log.appendAndWait(reader.batch(Array(part))).get()
            await house.caughtUp()
            let views = try Self.views(house)
            try Self.expect(Self.questions(columns, asOf: nil), views, "seed \(seed)")
            guard let earlier else {
                earlier = (house.log.tail, views)
                continue
            }
            // As known then, although more has come.
            try Self.expect(
                Self.questions(columns, asOf: earlier.position), earlier.views, "seed \(seed), as of \(earlier.position)")
        }
    }

    private static let at = "2026-06-01T00:00:00Z"
    /// What both are asked: as the view has it, and as a question.
    private static let asked: [(set: @Sendable (inout ViewQuery) -> Void, question: String)] = [
        ({ _ in }, ""),
        ({ $0.by = "data.region" }, #""by":"data.region""#),
        ({ $0.by = "source" }, #""by":"source""#),
        ({ $0.by = "data.lead_id" }, #""by":"data.lead_id","scope":"revenue""#),
        ({ $0.scope.department = .sales }, #""scope":"sales""#),
        (
            {
                $0.scope.from = Timestamp("2026-01-10")?.microseconds
                $0.scope.to = Timestamp("2026-02-01")?.microseconds
            }, #""from":"2026-01-10","to":"2026-02-01""#
        ),
    ]

    private static func views(_ house: House) throws -> [String] {
        var answers: [String] = []
        for (set, _) in asked {
            var query = ViewQuery()
            query.at = Timestamp(at)
            set(&query)
            answers.append(part("stages", of: try house.views.funnel(query)))
            if query.by == nil { answers.append(part("frictions", of: try house.views.friction(query))) }
        }
        return answers
    }

    private static func questions(_ columns: JourneyColumns, asOf position: Position?) throws -> [String] {
        let frame = #","at":"\#(at)""# + (position.map { ",\"asOf\":\($0)" } ?? "")
        func ask(_ question: String) throws -> [UInt8] {
            let utf8 = Array(question.utf8)
            return try QuestionEngine(columns).answer(Question(utf8.span))
        }
        return try asked.flatMap { (_, question) in
            let stages = part("stages", of: try ask(#"{"stages":{\#(question)}\#(frame)}"#))
            guard !question.contains("by") else { return [stages] }
            let comma = question.isEmpty ? "" : ","
            let frictions = try ask(#"{"friction":{\#(question)\#(comma)"sources":["stages"],"limit":1000}\#(frame)}"#)
            return [stages, part("frictions", of: frictions)]
        }
    }

    /// The answer's text from a member on.
    private static func part(_ member: String, of answer: [UInt8]) -> String {
        let text = String(decoding: answer, as: UTF8.self)
        return text.firstRange(of: "\"\(member)\":").map { String(text[$0.lowerBound...]) } ?? "without \(member): \(text)"
    }

    private static func expect(_ questions: [String], _ views: [String], _ note: String) {
        #expect(questions.count == views.count)
        for (number, (question, view)) in zip(questions, views).enumerated() where question != view {
            let same = zip(question, view).prefix { $0 == $1 }.count
            let from = max(0, same - 60)
            Issue.record("\(note), \(number): …\(question.dropFirst(from).prefix(160))… is not …\(view.dropFirst(from).prefix(160))…")
        }
    }
}
