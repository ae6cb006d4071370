import EventLog
import JourneyModel
import TestSupport
import Testing
import Timelines

/// Journeys against a slow and obvious model, with the events of a real log.
@Suite struct LinkGraphTests {
    @Test(arguments: 1...40)
    func journeysAreTheConnectedSubjectsWhateverTheOrder(seed: Int) async throws {
        var random = Seeded(seed: UInt64(seed))
        let subjects = (0..<12).map { "\(["lead", "contact", "account", "ticket"][$0 % 4]):\($0)" }
        var assertions: [(first: String, second: String, isLink: Bool, time: Int)] = []
        for time in 0..<60 {
            let (first, second) = (subjects.randomElement(using: &random) ?? "", subjects.randomElement(using: &random) ?? "")
            guard first != second else { continue }
            assertions.append((first, second, Int.random(in: 0..<3, using: &random) > 0, time))
        }
        // The model: the latest word on each pair holds; journeys are what can be reached.
        var latest: [Set<String>: Bool] = [:]
        for assertion in assertions { latest[[assertion.first, assertion.second]] = assertion.isLink }
        func journey(_ start: String) -> Set<String> {
            var seen: Set<String> = [start]
            var next = [start]
            while let subject = next.popLast() {
                for (pair, isLink) in latest where isLink && pair.contains(subject) {
                    for other in pair where seen.insert(other).inserted { next.append(other) }
                }
            }
            return seen
        }
        let texts = assertions.shuffled(using: &random).map { assertion in
            let time = Timestamp(microseconds: Int64(assertion.time) * 1_000_000).text
            let data = #"{"a":"\#(assertion.first)","b":"\#(assertion.second)"}"#
            return eventJSON(
                "\(assertion.time)", type: "ops.identity.\(assertion.isLink ? "linked" : "unlinked")", subject: assertion.first, time: time,
                data: data)
        }
        let timelines = try await Self.timelines(texts)
        for subject in subjects {
            guard let symbol = timelines.subject(subject) else { continue }
            let members = Set(timelines.members(of: timelines.component(of: symbol)).map { timelines.name($0) })
            #expect(members == journey(subject), "seed \(seed), \(subject)")
        }
    }

    @Test func aJourneyIsNamedByItsHighestRank() async throws {
        let timelines = try await Self.timelines([
            eventJSON("1", subject: "ticket:9", account: "account:acme", time: "2026-01-02T00:00:00Z"),
            eventJSON("2", subject: "lead:1", time: "2026-01-01T00:00:00Z"),
            eventJSON("3", type: "ops.record.merged", subject: "lead:1", data: #"{"winner":"account:acme","losers":["lead:1","lead:2"]}"#),
        ])
        let lead = try #require(timelines.subject("lead:2"))
        #expect(timelines.journeyName(timelines.component(of: lead)) == "account:acme")
        var journey: [(entry: Entry, subject: UInt32)] = []
        timelines.journey(timelines.component(of: lead), into: &journey)
        #expect(journey.map(\.entry.position) == [2, 3, 1], "by time, then position")
    }

    private static func timelines(_ texts: [String]) async throws -> Timelines {
        let scratch = try Scratch()
        let log = try EventLog(directory: DataDirectory(path: scratch.path + "/data"), options: .small)
        defer { log.close() }
        _ = try await log.appendAndWait(EventReader(catalogue: try .shipped()).batch(texts)).get()
        var timelines = Timelines(map: try .shipped())
        try log.read(after: 0) { (record, bytes) in
            timelines.append(record, bytes, log, touch: { _ in })
            return true
        }
        return timelines
    }
}
