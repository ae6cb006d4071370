import JourneyModel
import Questions
import TestSupport
import Testing

/// The slow and obvious way to add paths up, beside which the fast one is put.
private struct Reference: Equatable {
    var edges: [String: [Int64]] = [:]
    var edgeJourneys: [String: Int] = [:]
    var variants: [String: Int] = [:]
    var starts: [String: Int] = [:]
    var ends: [String: Int] = [:]
    var rework: [String: [Int]] = [:]
    var bounces: [String: Int] = [:]

    init() {}

    init(_ journeys: [[PathRow]], _ names: PathNames) {
        func name(_ row: PathRow) -> String { names.activities[Int(row.activity)] }
        for journey in journeys where !journey.isEmpty {
            variants[journey.map(name).joined(separator: ">"), default: 0] += 1
            starts[name(journey[0]), default: 0] += 1
            ends[name(journey[journey.count - 1]), default: 0] += 1
            let edges = zip(journey, journey.dropFirst()).map { (name($0) + ">" + name($1), $1.time - $0.time) }
            for (edge, time) in edges { self.edges[edge, default: []].append(time) }
            for edge in Set(edges.map(\.0)) { edgeJourneys[edge, default: 0] += 1 }
            for (index, row) in journey.enumerated() {
                guard let before = journey[..<index].lastIndex(where: { $0.activity == row.activity }) else { continue }
                let actor = journey[before].actor == 0 || row.actor == 0 ? 2 : journey[before].actor == row.actor ? 0 : 1
                rework[name(row), default: [0, 0, 0, 0, 0, 0]][(before == index - 1 ? 0 : 3) + actor] += 1
            }
            var departments: [UInt16] = []
            for row in journey where row.department != 0 && row.department != departments.last { departments.append(row.department) }
            for index in departments.indices.dropFirst(2) where departments[index] == departments[index - 2] {
                let pair = [departments[index], departments[index - 1]].map { names.departments[Int($0) - 1] }.sorted()
                bounces[pair.joined(), default: 0] += 1
            }
        }
    }

    init(_ statistics: PathStatistics) {
        let names = statistics.names.activities
        for edge in statistics.graph.edges {
            let name = names[Int(edge.from)] + ">" + names[Int(edge.to)]
            edges[name] = edge.times
            edgeJourneys[name] = edge.journeys
        }
        for variant in statistics.variants.most(.max, names: names) {
            variants[variant.activities.map { names[Int($0)] }.joined(separator: ">")] = variant.count
        }
        for (index, node) in statistics.graph.nodes.enumerated() {
            if node.starts > 0 { starts[names[index]] = node.starts }
            if node.ends > 0 { ends[names[index]] = node.ends }
            let (loop, again) = (statistics.rework[index].selfLoop, statistics.rework[index].repetition)
            let split = [loop.same, loop.other, loop.unknown, again.same, again.other, again.unknown]
            if split.contains(where: { $0 > 0 }) { rework[names[index]] = split }
        }
        for pair in statistics.pingPong.pairs {
            let departments = [pair.first, pair.second].map { statistics.names.departments[Int($0) - 1] }.sorted()
            bounces[departments.joined()] = pair.bounces
        }
    }

    /// With times in one order.
    var sorted: Reference {
        var copy = self
        copy.edges = edges.mapValues { $0.sorted() }
        return copy
    }
}

@Suite struct PathReferenceTests {
    private static func journeys(_ random: inout Seeded, _ names: inout PathNames) -> [[PathRow]] {
        let letters = Array("abcdefgh").shuffled(using: &random).map(String.init)
        var position: Position = 0
        return (0..<Int.random(in: 0...30, using: &random)).map { _ in
            var time = Int64.random(in: -5...5, using: &random)
            return (0..<Int.random(in: 0...12, using: &random)).map { _ in
                time += Int64.random(in: 0...3, using: &random)
                position += 1
                let department = ["", "X", "Y", "Z"].randomElement(using: &random) ?? ""
                return PathRow(
                    time: time, position: position, activity: names.activity(letters.randomElement(using: &random) ?? "a") ?? 0,
                    actor: UInt32.random(in: 0...2, using: &random), department: department.isEmpty ? 0 : names.department(department))
            }
        }
    }

    @Test func equalsTheReferenceInAnyGrouping() throws {
        for seed in UInt64(1)...1000 {
            var random = Seeded(seed: seed)
            var all = Reference()
            // Shards number activities each in its own way.
            var shards: [PathStatistics] = []
            for _ in 0..<3 {
                var names = PathNames()
                let journeys = Self.journeys(&random, &names)
                var statistics = PathStatistics(names: names)
                for journey in journeys { statistics.add(journey) }
                let expected = Reference(journeys, names)
                #expect(Reference(statistics).sorted == expected.sorted, "seed \(seed)")
                all.add(expected)
                shards.append(statistics)
            }
            var (left, right) = (shards[0], shards[1])
            var whole = shards[0]
            let merged = [left.merge(shards[1]), left.merge(shards[2]), right.merge(shards[2]), whole.merge(right)]
            #expect(merged == [true, true, true, true])
            #expect(Reference(left).sorted == all.sorted && Reference(whole).sorted == all.sorted, "seed \(seed)")
            #expect(try left.answer() == whole.answer(), "seed \(seed)")
        }
    }
}

extension Reference {
    fileprivate mutating func add(_ other: Reference) {
        edges.merge(other.edges) { $0 + $1 }
        edgeJourneys.merge(other.edgeJourneys, uniquingKeysWith: +)
        variants.merge(other.variants, uniquingKeysWith: +)
        starts.merge(other.starts, uniquingKeysWith: +)
        ends.merge(other.ends, uniquingKeysWith: +)
        rework.merge(other.rework) { zip($0, $1).map { $0 + $1 } }
        bounces.merge(other.bounces, uniquingKeysWith: +)
    }
}
