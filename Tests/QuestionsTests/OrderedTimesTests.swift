import Questions
import TestSupport
import Testing

/// Times that come and go against an array that is sorted again each time.
@Suite struct OrderedTimesTests {
    @Test(arguments: 1...Seeds.count(20))
    func theyAreWhatASortedArrayHas(seed: Int) {
        var random = Seeded(seed: UInt64(seed))
        // Few different ones, so that equal times span runs, or many.
        let span = Bool.random(using: &random) ? Int64(20) : 1_000_000
        func draw() -> Int64 { Int64.random(in: -span...span, using: &random) }
        var model = (0..<Int.random(in: 0...2_000, using: &random)).map { _ in draw() }
        var times = OrderedTimes(model)
        // What was fetched a while ago, as the runs were then.
        var waiting: [(time: Int64, isAdded: Bool, run: Int)] = []
        var after = model
        for round in 0..<4_000 {
            let isAdded = after.isEmpty || Int.random(in: 0..<100, using: &random) < (round < 2_000 ? 60 : 35)
            let time = isAdded ? draw() : after.remove(at: Int.random(in: after.indices, using: &random))
            if isAdded { after.append(time) }
            waiting.append((time, isAdded, times.fetch(time, isAdded)))
            if waiting.count > Int.random(in: 0...8, using: &random) {
                let due = waiting.removeFirst()
                if due.isAdded { times.insert(due.time, near: due.run) } else { times.remove(due.time, near: due.run) }
            }
            guard round % 500 == 0 else { continue }
            model = after
            for change in waiting.reversed() {
                if change.isAdded { model.remove(at: model.lastIndex(of: change.time) ?? 0) } else { model.append(change.time) }
            }
            compare(times, model.sorted(), limit: draw(), "seed \(seed), round \(round)")
        }
        for due in waiting { if due.isAdded { times.insert(due.time) } else { times.remove(due.time) } }
        compare(times, after.sorted(), limit: draw(), "seed \(seed)")
        var merged = OrderedTimes(after)
        merged.merge(times)
        compare(merged, (after + after).sorted(), limit: draw(), "seed \(seed), merged")
        for time in after.shuffled(using: &random) { times.remove(time, near: Int.random(in: 0...20, using: &random)) }
        compare(times, [], limit: 0, "seed \(seed), emptied")
        for time in after { times.insert(time) }
        compare(times, after.sorted(), limit: draw(), "seed \(seed), filled again")
    }

    private func compare(_ times: OrderedTimes, _ sorted: [Int64], limit: Int64, _ name: String) {
        #expect(times.values == sorted && times.count == sorted.count && times == OrderedTimes(sorted), "\(name)")
        #expect(times.count(below: limit) == sorted.count { $0 < limit }, "\(name)")
        #expect(times.figures?.mean == (sorted.isEmpty ? nil : sorted.reduce(0, +) / Int64(sorted.count)), "\(name)")
        let ranks = [0, sorted.count / 3, sorted.count / 2, sorted.count / 2 + 1, sorted.count * 9 / 10, sorted.count - 1]
        for rank in ranks where sorted.indices.contains(rank) {
            #expect(times[rank] == sorted[rank], "\(name), rank \(rank)")
        }
    }
}
