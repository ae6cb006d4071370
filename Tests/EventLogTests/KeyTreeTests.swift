import EventLog
import Testing
import TestSupport

@Suite struct KeyTreeTests {
    @Test func replantingChangesOneKeyAndNoOther() {
        for seed in UInt64(1)...20 {
            var random = Seeded(seed: seed)
            var tree = KeyTree()
            // Neighbours of replanted points are the likeliest to be hit by mistake.
            let points = (0..<20).map { _ in random.next() }
            var others: [UInt64] = [0, .max]
            for point in points { for shift in 0..<16 { others.append(point ^ (1 << UInt64(4 * shift))) } }
            for _ in 0..<50 { others.append(random.next()) }
            let keys = Dictionary(uniqueKeysWithValues: Set(points + others).map { ($0, tree.key($0)) })
            #expect(Set(keys.values).count == keys.count, "SEED=\(seed)")
            for point in points {
                tree.replant(point)
                #expect(tree.key(point) != keys[point], "SEED=\(seed)")
            }
            for other in others where !points.contains(other) { #expect(tree.key(other) == keys[other], "SEED=\(seed), \(other)") }
            #expect(KeyTree(tree.nodes) == tree, "SEED=\(seed)")
        }
    }

    @Test func nothingThatIsKeptLeadsToAReplantedKey() {
        var tree = KeyTree()
        let old = tree.key(42)
        tree.replant(42)
        let again = tree.key(42)
        // Neither itself nor a seed above it: each kept subtree that has the point is the point's own.
        #expect(!tree.nodes.contains { $0.seed == old })
        #expect(tree.nodes.filter { $0.depth == 16 && $0.path == 42 }.map(\.seed) == [again])
        #expect(tree.nodes.count == 16 * 15 + 1)
        tree.replant(42)
        #expect(tree.key(42) != again && tree.nodes.count == 16 * 15 + 1)
    }

    @Test func treesThatDoNotHaveEveryPointOnceAreRefused() {
        var tree = KeyTree()
        tree.replant(7)
        #expect(KeyTree([]) == nil)
        #expect(KeyTree(Array(tree.nodes.dropFirst())) == nil)
        #expect(KeyTree(Array(tree.nodes.dropLast())) == nil)
        #expect(KeyTree(tree.nodes + tree.nodes.suffix(1)) == nil)
        #expect(KeyTree(tree.nodes.reversed()) == nil)
    }
}
