import JourneyModel
import Questions
import TestSupport
import Testing

/// Journeys written as text: a letter an activity, optionally a digit for the actor and a capital for the department.
struct Journeys {
    private(set) var names = PathNames()
    private(set) var rows: [[PathRow]] = []
    private var position: Position = 0

    /// - Parameter texts: events parted by spaces: `a1X@30` is activity a by actor 1 in department X at second 30.
    init(_ texts: [String]) throws {
        for text in texts {
            var journey: [PathRow] = []
            for (index, word) in text.split(separator: " ").enumerated() {
                let parts = word.split(separator: "@")
                let letters = Array(parts[0])
                let time = parts.count > 1 ? try #require(Int64(parts[1])) : Int64(index)
                let actor = letters.compactMap(\.wholeNumberValue).first ?? 0
                let department = letters.first(where: \.isUppercase).map { names.department(String($0)) } ?? 0
                position += 1
                let activity = names.activity(String(letters[0]))
                journey.append(
                    PathRow(
                        time: time * 1_000_000, position: position, activity: try #require(activity),
                        actor: UInt32(actor), department: department))
            }
            rows.append(journey)
        }
    }

    func statistics(around: PathsAround.Anchor? = nil) -> PathStatistics {
        var statistics = PathStatistics(names: names, around: around)
        for journey in rows { statistics.add(journey) }
        return statistics
    }
}

extension PathStatistics {
    /// The answer as JSON.
    func answer(limits: PathAnswer.Limits = PathAnswer.Limits()) throws -> JSONValue {
        var writer = JSONWriter()
        writer.object { PathAnswer(self, limits: limits).write(to: &$0) }
        return try JSONValue(writer.bytes.span)
    }
}

@Suite struct PathTests {
    @Test func edgesHaveFrequencyAndWaitingTime() throws {
        let answer = try Journeys(["a@0 b@10 c@40", "a@0 b@20 b@21", "a@5"]).statistics().answer()
        let edges = try #require(answer["edges"]?.elements).map { edge in
            let waiting = edge["waiting"]
            return [edge["from"], edge["to"], edge["count"], edge["journeys"], waiting?["mean"], waiting?["median"], waiting?["p90"]]
                .map { ($0?.text ?? $0?.integer.map(String.init)) ?? "?" }.joined(separator: " ")
        }
        #expect(edges == ["a b 2 2 15 15 20", "b b 1 1 1 1 1", "b c 1 1 30 30 30"])
        #expect(answer["journeys"]?.integer == 3 && answer["events"]?.integer == 7)
        let activities = try #require(answer["activities"]?.elements).map { activity in
            "\(activity["activity"]?.text ?? "") "
                + ["count", "journeys", "starts", "ends"].map { String(activity[$0]?.integer ?? -1) }.joined(separator: " ")
        }
        #expect(activities == ["a 3 3 3 1", "b 3 2 0 1", "c 1 1 0 1"])
    }

    @Test func variantsAreOrderedByFrequencyAndCut() throws {
        let statistics = try Journeys(["a b", "a b", "a c", "b", "a b c"]).statistics()
        var limits = PathAnswer.Limits()
        limits.variants = 2
        let answer = try statistics.answer(limits: limits)
        let variants = try #require(answer["variants"]?.elements).map { variant in
            (variant["activities"]?.elements ?? []).compactMap(\.text).joined() + " \(variant["count"]?.integer ?? 0)"
        }
        #expect(variants == ["ab 2", "abc 1"])
        #expect(answer["totals"]?["variants"]?.integer == 4)
    }

    @Test func limitsCutNodesAndTheirEdges() throws {
        var limits = PathAnswer.Limits()
        (limits.nodes, limits.edges) = (2, 1)
        let answer = try Journeys(["a b a b c", "a b"]).statistics().answer(limits: limits)
        #expect(answer["activities"]?.elements?.compactMap { $0["activity"]?.text } == ["a", "b"])
        #expect(answer["edges"]?.elements?.compactMap { $0["to"]?.text } == ["b"])
        #expect(answer["totals"]?["edges"]?.integer == 3)
    }

    // journey, then of activity a: journeys, self-loops by same/other/unknown, repetitions by same/other/unknown
    @Test(arguments: [
        ("a1 a1", [1, 1, 0, 0, 0, 0, 0]), ("a1 a2", [1, 0, 1, 0, 0, 0, 0]), ("a a1", [1, 0, 0, 1, 0, 0, 0]),
        ("a1 b a1", [1, 0, 0, 0, 1, 0, 0]), ("a1 b a2", [1, 0, 0, 0, 0, 1, 0]), ("a1 b a", [1, 0, 0, 0, 0, 0, 1]),
        ("a1 a1 a1", [1, 2, 0, 0, 0, 0, 0]), ("a1 b b a1 a2", [1, 0, 1, 0, 1, 0, 0]), ("a1 b", [0, 0, 0, 0, 0, 0, 0]),
    ])
    func reworkIsSplitFourWays(journey: String, expected: [Int]) throws {
        let journeys = try Journeys([journey])
        let figures = journeys.statistics().rework[0]
        let (loop, again) = (figures.selfLoop, figures.repetition)
        #expect([figures.journeys, loop.same, loop.other, loop.unknown, again.same, again.other, again.unknown] == expected)
    }

    @Test(arguments: [
        ("aX bY cX", 1, 1), ("aX bY cX dY", 2, 1), ("aX bY cZ dX", 0, 1), ("aX b cX", 0, 0), ("aX bX cY d eX", 1, 1), ("aX bY", 0, 1),
    ])
    func pingPongGoesThereAndBack(journey: String, bounces: Int, crossing: Int) throws {
        let found = try Journeys([journey]).statistics().pingPong
        #expect(found.pairs.reduce(0) { $0 + $1.bounces } == bounces && found.crossing == crossing)
    }

    @Test func pathsAroundAStepAndADrop() throws {
        let journeys = try Journeys(["x a b g", "y x a b", "a", "x a c@9 g@99", "z"])
        let (a, g) = (try #require(journeys.names.number(ofActivity: "a")), try #require(journeys.names.number(ofActivity: "g")))
        let step = try #require(journeys.statistics(around: .init(activity: a, before: 1, after: 2)).around)
        #expect(step.reached == 4 && step.told == 4 && step.nothingBefore == 1 && step.nothingAfter == 1)
        let names = journeys.names.activities
        func texts(_ variants: Variants) -> [String] {
            variants.most(9, names: names).map { $0.activities.map { names[Int($0)] }.joined() + " \($0.count)" }
        }
        #expect(texts(step.before) == ["x 3"] && texts(step.after) == ["b 1", "bg 1", "cg 1"])
        // The fourth journey comes to g, but too late.
        let drop = try #require(journeys.statistics(around: .init(activity: a, before: 2, after: 1, goal: g, window: 50_000_000)).around)
        #expect(drop.reached == 4 && drop.told == 3)
        #expect(texts(drop.before) == ["x 1", "yx 1"] && texts(drop.after) == ["b 1", "c 1"])
    }

    @Test func tooManyActivitiesAreNotNumbered() {
        var names = PathNames()
        for number in 0..<PathNames.maximumActivities {
            let given = names.activity("\(number)")
            #expect(given == UInt16(number))
        }
        let (more, known) = (names.activity("one more"), names.activity("7"))
        #expect(more == nil && known == 7)
    }
}
