import JourneyModel
import Questions
import TestSupport
import Testing

/// The sections beside `funnel`: what is refused, and that their answers have the frame that all have.
@Suite struct ScanQuestionTests {
    @Test(arguments: [
        (#"{"paths":{},"friction":{}}"#, [""]),
        (#"{"paths":{},"list":"journeys","compare":["posthog"]}"#, ["/compare", "/list"]),
        (#"{"paths":{"activity":"time","actor":"x","extra":1}}"#, ["/paths/activity", "/paths/actor", "/paths/extra"]),
        (
            #"{"paths":{"limits":{"nodes":0,"edges":"many","variants":-1,"more":1}}}"#,
            ["/paths/limits/edges", "/paths/limits/more", "/paths/limits/nodes", "/paths/limits/variants"]
        ),
        (#"{"paths":{"around":{"within":"P1D"}}}"#, ["/paths/around"]),
        (#"{"paths":{"around":{"activity":"a","within":"P1D","before":11}}}"#, ["/paths/around/before", "/paths/around/within"]),
        (#"{"paths":{"where":{"data.x":{"like":1}}}}"#, ["/paths/where/data.x/like"]),
        (
            #"{"friction":{"dimensions":"data.region","scope":"all","limit":0}}"#,
            ["/friction/dimensions", "/friction/limit", "/friction/scope"]
        ),
        (#"{"friction":{"calendar":{"open":"9","close":"17:00"}}}"#, ["/friction/calendar/open"]),
        (#"{"friction":{"calendar":{"open":"17:00","close":"09:00"}}}"#, ["/friction/calendar/close"]),
        (#"{"friction":{"calendar":{"close":"17:00"}}}"#, ["/friction/calendar"]),
        (
            #"{"friction":{"calendar":{"open":"09:00","close":"17:00","days":[0],"offset":"1h","holidays":["x"]}}}"#,
            ["/friction/calendar/days/0", "/friction/calendar/holidays/0", "/friction/calendar/offset"]
        ),
        (#"{"retention":{"start":{"type":"a"}}}"#, ["/retention"]),
        (
            #"{"retention":{"start":{},"return":{"type":[]},"mode":"off","period":"year","count":101}}"#,
            ["/retention/count", "/retention/mode", "/retention/period", "/retention/return/type", "/retention/start"]
        ),
        (#"{"export":{}}"#, ["/export"]),
        (#"{"export":{"format":"xlsx","journeys":[],"resource":"owner"}}"#, ["/export/format", "/export/journeys", "/export/resource"]),
    ])
    func faultsPointAtWhatIsWrong(question: String, pointers: [String]) {
        let utf8 = Array(question.utf8)
        do {
            _ = try Question(utf8.span)
            Issue.record("not refused: \(question)")
        } catch {
            guard case .invalid(let faults) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(faults.map(\.pointer).sorted() == pointers, "\(faults)")
        }
    }

    private static let kinds = [
        #""paths":{}"#, #""friction":{}"#, #""retention":{"start":{"type":"a.b.c"},"return":{"where":{"data.n":1}}}"#,
        #""export":{"format":"csv"}"#,
    ]

    @Test(arguments: kinds) func anEmptyLogHasAnAnswer(kind: String) throws {
        let answer = try QuestionHouse().ask("{\(kind)}")
        #expect(answer["position"]?.integer == 0 && answer["definition"]?.text?.hasPrefix("sha256:") == true && answer["at"]?.text != nil)
    }

    @Test(arguments: kinds) func answersAreAsOfAPositionAndOfAnyOrder(kind: String) async throws {
        var random = Seeded(seed: 11)
        var texts = (0..<60).map { number in
            eventJSON(
                "\(number)", type: ["a.b.c", "a.b.d"][number % 2], subject: "lead:\(number % 7)",
                time: "2026-01-\(10 + number % 15)T00:00:00Z", data: #"{"n":\#(number % 3)}"#)
        }
        let house = try await QuestionHouse.with(texts)
        let expected = try house.ask("{\(kind),\"at\":\"2026-03-01\"}")
        try await house.append([eventJSON("later", type: "a.b.c", subject: "lead:1", time: "2026-01-01T00:00:00Z")])
        let then = try house.ask("{\(kind),\"at\":\"2026-03-01\",\"asOf\":60}")
        #expect(then == expected)
        #expect(try house.ask("{\(kind),\"plan\":true}")["plan"]?["events"]?.integer == 61)
        // Twice and shuffled: at one moment no journey has two events here, so nothing hangs on the order of arrival.
        texts = (texts + texts).shuffled(using: &random)
        let other = try await QuestionHouse.with(texts).ask("{\(kind),\"at\":\"2026-03-01\"}")
        #expect(other == expected)
    }
}
