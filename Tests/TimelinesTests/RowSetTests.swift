import TestSupport
import Testing
import Timelines

/// Sets and marks of rows against a set and a dictionary.
@Suite struct RowSetTests {
    // As many as lie in a file, and one more, so that the last word is not full.
    private static let many = 1 << 22 + 1

    @Test(arguments: 0..<12)
    func aSetIsWhatTheModelSays(seed: Int) throws {
        var random = Seeded(seed: UInt64(seed))
        let scratch = try Scratch()
        let count = seed % 3 == 0 ? Self.many : Int.random(in: 1...300, using: &random)
        // Without room for a file they are in memory.
        let directory = [scratch.path, scratch.path + "/nowhere", nil][seed % 3]
        var (sets, models): ([RowSet], [Set<Int>]) = ([], [])
        for _ in 0..<3 {
            sets.append(RowSet(count: count, in: directory))
            models.append([])
        }
        // What is few of many is compared quickly; whether the rest is in is a flag.
        var isInverted = [false, false, false]
        func change(_ index: Int, _ row: Int, _ isIn: Bool) {
            sets[index].set(EventTable.Row(row), isIn)
            if isIn != isInverted[index] { models[index].insert(row) } else { models[index].remove(row) }
        }
        for step in 0..<40 {
            let (one, other) = (Int.random(in: 0..<3, using: &random), Int.random(in: 0..<3, using: &random))
            switch Int.random(in: 0..<8, using: &random) {
            case 0..<3: for _ in 0..<20 { change(one, Int.random(in: 0..<count, using: &random), Bool.random(using: &random)) }
            case 3: change(one, count - 1, Bool.random(using: &random))
            case 4:
                sets[one].invert()
                isInverted[one].toggle()
            case 5: (sets[one], models[one], isInverted[one]) = (sets[other], models[other], isInverted[other])
            case 6 where !isInverted[one] && !isInverted[other]:
                sets[one].formUnion(sets[other])
                models[one].formUnion(models[other])
            case 7 where !isInverted[one] && !isInverted[other]:
                sets[one].formIntersection(sets[other])
                models[one].formIntersection(models[other])
            default: continue
            }
            for index in 0..<3 where step % 8 == 0 || index == one {
                let (inverted, model) = (isInverted[index], models[index])
                var set = sets[index]
                if inverted { set.invert() }
                var rows: [Int] = []
                set.forEach { rows.append(Int($0)) }
                #expect(rows == model.sorted(), "seed \(seed), step \(step)")
                #expect(set.isEmpty == model.isEmpty, "seed \(seed), step \(step)")
                let hasLast = sets[index].contains(EventTable.Row(count - 1))
                #expect(hasLast == (model.contains(count - 1) != inverted), "seed \(seed), step \(step)")
            }
        }
        let words = RowSet.words(sets)
        let length = words.count / sets.count
        for (index, set) in sets.enumerated() {
            for row in [0, count / 2, count - 1] {
                let isIn = words[index * length + row >> 6] >> UInt64(row & 63) & 1 != 0
                #expect(isIn == set.contains(EventTable.Row(row)), "seed \(seed), row \(row)")
            }
        }
    }

    @Test(arguments: [1, 63, 64, 65, 1000, many])
    func allAreAllAndNoMore(count: Int) throws {
        let scratch = try Scratch()
        var set = RowSet(count: count, all: true, in: scratch.path)
        var rows = 0
        set.forEach { rows = Int($0) == rows ? rows + 1 : rows }
        #expect(rows == count)
        set.invert()
        #expect(set.isEmpty)
        set.insert(from: count / 128 * 64, count)
        #expect(set.contains(EventTable.Row(count - 1)))
    }

    @Test(arguments: 0..<6)
    func marksAreWhatTheModelSays(seed: Int) throws {
        var random = Seeded(seed: UInt64(seed))
        let scratch = try Scratch()
        let count = seed % 2 == 0 ? 1 << 19 : 100
        var (marks, model) = (RowMarks(count: count, in: scratch.path), [Int: UInt8]())
        let (untouched, drawn) = (marks, (0..<50).map { _ in Int.random(in: 0..<count, using: &random) })
        for number in UInt8(1)...5 {
            var set = RowSet(count: count, in: scratch.path)
            for row in drawn where Bool.random(using: &random) {
                set.set(EventTable.Row(row), true)
                model[row] = number
            }
            marks.mark(set, number)
        }
        for row in drawn + [0, count - 1] {
            #expect(marks[EventTable.Row(row)] == model[row] ?? 0, "seed \(seed), row \(row)")
            #expect(untouched[EventTable.Row(row)] == 0, "seed \(seed), row \(row)")
        }
    }
}
