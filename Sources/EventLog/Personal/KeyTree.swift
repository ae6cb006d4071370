internal import Crypto

/// A 256-bit key for each of 2⁶⁴ points, out of a few seeds, any of which can be made unrecoverable: a puncturable pseudorandom
/// function (Goldreich, Goldwasser and Micali 1986; punctured as by Boneh and Waters 2013).
///
/// A tree of 16 levels with 16 branches each: a child's seed is SHA-256 of its parent's seed, the branch and a label. What is kept is the
/// seeds of disjoint subtrees that together have every point; at first one, the root's. Replanting a point replaces the seed above it by
/// those of the subtrees beside the way down to it, and gives the point itself a new random seed: the old one follows from nothing that
/// is left.
///
/// Cost: 33 bytes of seed and place for a tree that nobody replanted, at most 15 seeds a level (10 KB) more for each replanted point;
/// a key takes up to 16 hashes, about 3 µs.
package struct KeyTree: Equatable, Sendable {
    /// Bytes of a seed, and of a key.
    package static let seedSize = 32
    private static let levels = 16
    private static let label = Array("journeyd key tree".utf8)

    /// A subtree: all points that begin with its path.
    package struct Node: Equatable, Sendable {
        /// The path's branches in the highest bits, zeros below.
        package let path: UInt64
        /// How many branches lead to it.
        package let depth: Int
        package let seed: [UInt8]

        /// The first point behind the subtree, or nil where it is the last.
        fileprivate var end: UInt64? {
            guard depth > 0 else { return nil }
            let (end, overflow) = path.addingReportingOverflow(1 << UInt64(64 - 4 * depth))
            return overflow ? nil : end
        }
    }

    /// In the order of their paths.
    package private(set) var nodes: [Node]

    /// A tree with a random root.
    package init() {
        nodes = [Node(path: 0, depth: 0, seed: KeyTree.randomSeed())]
    }

    /// A tree that was stored.
    ///
    /// - Returns: nil where the nodes do not have every point just once.
    package init?(_ nodes: [Node]) {
        var next: UInt64? = 0
        for node in nodes {
            guard let path = next, node.path == path, 0...KeyTree.levels ~= node.depth, node.seed.count == KeyTree.seedSize,
                node.depth == KeyTree.levels || path << UInt64(4 * node.depth) == 0
            else { return nil }
            next = node.end
        }
        guard next == nil, !nodes.isEmpty else { return nil }
        self.nodes = nodes
    }

    /// The key of a point.
    package func key(_ point: UInt64) -> [UInt8] {
        let node = nodes[place(of: point)]
        var seed = node.seed
        for level in node.depth..<KeyTree.levels { seed = KeyTree.child(seed, KeyTree.branch(point, level)) }
        return seed
    }

    /// Gives a point a new random key. The old one cannot be found any more from what is kept.
    package mutating func replant(_ point: UInt64) {
        let place = place(of: point)
        let node = nodes[place]
        var (before, after): ([Node], [Node]) = ([], [])
        var seed = node.seed
        for level in node.depth..<KeyTree.levels {
            let shift = UInt64(60 - 4 * level)
            let above = level == 0 ? 0 : point & (~0 << UInt64(64 - 4 * level))
            let way = KeyTree.branch(point, level)
            var beyond: [Node] = []
            for branch in UInt8(0)..<16 where branch != way {
                let sibling = Node(path: above | UInt64(branch) << shift, depth: level + 1, seed: KeyTree.child(seed, branch))
                if branch < way { before.append(sibling) } else { beyond.append(sibling) }
            }
            after = beyond + after
            seed = KeyTree.child(seed, way)
        }
        let leaf = Node(path: point, depth: KeyTree.levels, seed: KeyTree.randomSeed())
        nodes.replaceSubrange(place...place, with: before + [leaf] + after)
    }

    private func place(of point: UInt64) -> Int {
        var (low, high) = (0, nodes.count)
        while low < high {
            let middle = (low + high) / 2
            if nodes[middle].path <= point { low = middle + 1 } else { high = middle }
        }
        return low - 1
    }

    private static func branch(_ point: UInt64, _ level: Int) -> UInt8 {
        UInt8(truncatingIfNeeded: point >> UInt64(60 - 4 * level)) & 15
    }

    private static func child(_ seed: [UInt8], _ branch: UInt8) -> [UInt8] {
        Array(SHA256.hash(data: seed + [branch] + label))
    }

    static func randomSeed() -> [UInt8] {
        unsafe SymmetricKey(size: .bits256).withUnsafeBytes { unsafe Array($0) }
    }
}
