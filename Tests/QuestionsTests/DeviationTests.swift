import JourneyModel
import Questions
import TestSupport
import Testing

/// Rows with dimensions, before the activities are numbered.
private struct Story {
    struct Event {
        let journey: String
        let time: Int64
        let activity: String
        let values: [String]
    }

    static let day: Int64 = 86_400_000_000
    let dimensions: [String]
    var events: [Event] = []

    func deviations() throws -> (found: [Deviation], names: [String]) {
        var names = PathNames()
        var journeys: [[(row: PathRow, values: [String])]] = []
        for (_, events) in Dictionary(grouping: events, by: \.journey).sorted(by: { $0.key < $1.key }) {
            journeys.append(
                try events.sorted { $0.time < $1.time }.map { event in
                    let activity = names.activity(event.activity)
                    return (PathRow(time: event.time, position: 0, activity: try #require(activity)), event.values)
                })
        }
        var graph = DirectlyFollowsGraph()
        for journey in journeys { graph.add(journey.map(\.row)) }
        let times = events.map(\.time)
        let span = (times.min() ?? 0)...(times.max() ?? 0)
        let segments = Set(
            events.flatMap { event in
                event.values.enumerated().map { DeviationCounts.Segment(dimension: $0.offset, value: $0.element) }
            })
        let frame = DeviationFrame(graph, span: span, dimensions: dimensions)
        var counts = DeviationCounts(frame, segments: segments.sorted { ($0.dimension, $0.value) < ($1.dimension, $1.value) })
        for journey in journeys {
            var segments: [UInt8] = []
            for (_, values) in journey {
                for (index, value) in values.enumerated() {
                    segments.append(value.isEmpty ? 0 : counts.segment(.init(dimension: index, value: value)))
                }
            }
            counts.add(journey.map(\.row), dimensions: segments)
        }
        return (Deviations(counts).found, names.activities)
    }
}

extension Deviation {
    fileprivate func text(_ names: [String]) -> String {
        let thing =
            switch self.thing {
            case .occurrence(let activity): names[Int(activity)]
            case .repetition(let activity): "\(names[Int(activity)]) again"
            case .delay(let from, let to, _): "\(names[Int(from)])>\(names[Int(to)])"
            }
        let place = segment.map { " \($0.field)=\($0.value)" } ?? ""
        let when = period.map { " \($0.from.text.prefix(10))..\($0.to.text.prefix(10))" } ?? ""
        return (isExcess ? "+" : "-") + thing + place + when
    }
}

@Suite struct DeviationTests {
    /// Three hundred days of twenty journeys a day, each two steps of two days: nothing but chance.
    private static func quiet(_ random: inout Seeded) -> Story {
        var story = Story(dimensions: ["colour"])
        for number in 0..<6000 {
            let start = Int64(number / 20) * Story.day + Int64.random(in: 0..<Story.day, using: &random)
            let colour = ["red", "blue", "green"].randomElement(using: &random) ?? ""
            var time = start
            for step in ["ask", "answer", "buy"] {
                let activity = step == "answer" && Int.random(in: 0..<10, using: &random) == 0 ? "refuse" : step
                story.events.append(.init(journey: "\(number)", time: time, activity: activity, values: [colour]))
                time += Int64.random(in: 0...2 * Story.day, using: &random)
            }
        }
        return story
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>) func chanceRaisesNothing(seed: UInt64) throws {
        var random = Seeded(seed: seed)
        let (found, names) = try Self.quiet(&random).deviations()
        #expect(found.isEmpty, "\(found.map { $0.text(names) })")
    }

    @Test func aDelayAndALoopAreFoundWhereTheyAre() throws {
        var random = Seeded(seed: 5)
        var story = Self.quiet(&random)
        story.events = story.events.flatMap { event -> [Story.Event] in
            // The blue wait five days longer for the last step; the red ask twice from day 100 to day 119.
            if event.activity == "buy", event.values == ["blue"] {
                return [.init(journey: event.journey, time: event.time + 5 * Story.day, activity: "buy", values: event.values)]
            }
            if event.activity == "ask", event.values == ["red"], 100..<120 ~= event.time / Story.day, Bool.random(using: &random) {
                return [event, .init(journey: event.journey, time: event.time + 1, activity: "ask", values: event.values)]
            }
            return [event]
        }
        let (found, names) = try story.deviations()
        let texts = found.map { $0.text(names) }
        #expect(texts.contains("+answer>buy colour=blue"), "\(texts)")
        #expect(texts.contains { $0.hasPrefix("+ask again colour=red 1970-04-1") }, "\(texts)")
    }
}
