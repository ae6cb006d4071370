import EventLog
import JourneyModel
import Questions
import TestSupport
import Testing
import Timelines

/// However the journeys are cut into pieces that are added up alone and then merged, and whether they were packed at once or grew,
/// every kind of question has the same answer, to the byte.
@Suite(.serialized) struct ShardedQuestionsTests {
    private static let frame = #""at":"2026-06-01T00:00:00Z""#
    private static let funnel =
        #""steps":[{"type":["marketing.lead.created","custom.thing.happened"]},{"type":"marketing.lead.qualified"},{"type":"sales.opportunity.won"}]"#

    private static let questions = [
        #"{"funnel":{\#(funnel),"breakdown":{"field":"data.region","attribution":"all"},"trend":"week"},\#(frame)}"#,
        #"{"funnel":{\#(funnel),"count":"attempts","window":"P10D"},\#(frame)}"#,
        #"{"funnel":{\#(funnel)},"list":"journeys","compare":["posthog"],\#(frame)}"#,
        #"{"stages":{},\#(frame)}"#,
        #"{"stages":{"by":"data.region","scope":"sales"},\#(frame)}"#,
        #"{"friction":{"limit":1000},\#(frame)}"#,
        #"{"friction":{"sources":["stages"],"limit":1000},\#(frame)}"#,
        #"{"paths":{},\#(frame)}"#,
        #"{"paths":{"activity":"source","actor":"data.region"},\#(frame)}"#,
        #"{"retention":{"start":{"type":"marketing.lead.created"},"return":{"type":["sales.touch.made","custom.thing.happened"]},"period":"week","count":8},\#(frame)}"#,
    ]

    @Test(arguments: 1...Seeds.count(20)) func piecesMergedAreTheWhole(seed: Int) async throws {
        var random = Seeded(seed: UInt64(seed))
        let scratch = try Scratch()
        let log = try EventLog(directory: DataDirectory(path: scratch.path + "/data"), options: .small)
        let whole = JourneyColumns(log: log)
        var limits = JourneyColumns.Limits()
        limits.chunkRows = Int.random(in: 1...60, using: &random)
        limits.smallDelta = Int.random(in: 0...100, using: &random)
        limits.threads = Int.random(in: 1...4, using: &random)
        let pieces = JourneyColumns(log: log, limits: limits)
        defer {
            log.close()
            whole.close()
            pieces.close()
        }
        var texts = RandomCompany.events(&random)
        texts.shuffle(using: &random)
        let reader = EventReader(catalogue: try .shipped())
        while !texts.isEmpty {
            let count = min(texts.count, Int.random(in: 50...400, using: &random))
            _ = try await log.appendAndWait(reader.batch(Array(texts.prefix(count)))).get()
            texts.removeFirst(count)
            for question in Self.questions {
                let (expected, found) = try (Self.answer(question, whole), Self.answer(question, pieces))
                #expect(found == expected, "seed \(seed) at \(log.tail): \(question)")
            }
        }
        #expect(try pieces.journeys().pieces.count > 1, "seed \(seed): it is cut")
    }

    private static func answer(_ text: String, _ columns: JourneyColumns) throws -> String {
        let utf8 = Array(text.utf8)
        return String(decoding: try QuestionEngine(columns).answer(Question(utf8.span)), as: UTF8.self)
    }
}
