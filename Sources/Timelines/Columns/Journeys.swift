package import JourneyModel

/// Every journey as of one position: a value that stays as it is while a question runs.
///
/// Walk it with `for journey in journeys { for event in journey { … } }`: each `journey` is a ``JourneyRows``, nothing is allocated. Loops that must
/// not even be bothered by that take ``pieces`` and read the arrays of each chunk, several pieces at a time in several threads.
package struct Journeys: Sendable, Sequence {
    /// A chunk, and which of its journeys count.
    package struct Piece: Sendable {
        package let chunk: JourneyChunk
        /// By journey, whether another piece has what became of it; empty where all count.
        package let replaced: [Bool]

        /// Whether another piece has what became of `journey`.
        package func isReplaced(_ journey: Int) -> Bool { !replaced.isEmpty && replaced[journey] }
    }

    /// The events that the journeys are made of, and perhaps later ones.
    package let table: EventTable
    /// How many rows of the table were known.
    package let rowCount: EventTable.Row
    /// Disjoint, and together all journeys.
    package let pieces: [Piece]
    /// What of the events is voided or corrected.
    package let effects: Effects
    /// By subject, the root of its journey.
    package let roots: [UInt32]
    /// The directory for what is worked out of them and is large (``ColumnBytes``); nil to have it in memory.
    let scratch: String?

    /// The last position that was known.
    package var position: Position { table.first + Position(rowCount) - 1 }

    /// How many journeys there are. O(pieces and replaced journeys).
    package var count: Int {
        pieces.reduce(0) { $0 + $1.chunk.count - $1.replaced.count { $0 } }
    }

    /// Bytes of memory of the packed rows.
    package var memory: Int { pieces.reduce(4 * roots.count) { $0 + $1.chunk.memory } }

    package func makeIterator() -> Iterator { Iterator(pieces: pieces) }

    /// Goes from journey to journey.
    package struct Iterator: IteratorProtocol {
        fileprivate let pieces: [Piece]
        private var piece = 0
        private var journey = 0

        fileprivate init(pieces: [Piece]) {
            self.pieces = pieces
        }

        package mutating func next() -> JourneyRows? {
            while piece < pieces.count {
                let current = pieces[piece]
                while journey < current.chunk.count {
                    defer { journey += 1 }
                    if !current.isReplaced(journey) { return JourneyRows(current.chunk, journey) }
                }
                (piece, journey) = (piece + 1, 0)
            }
            return nil
        }
    }

    /// The subjects of each of the given journeys, by root. O(subjects).
    package func members(ofRoots wanted: Set<UInt32>) -> [UInt32: [UInt32]] {
        var members: [UInt32: [UInt32]] = [:]
        for (subject, root) in roots.enumerated() where wanted.contains(root) { members[root, default: []].append(UInt32(subject)) }
        return members
    }

    /// The journey that `root` names; nil where it has no event that counts. O(pieces · log journeys).
    package func journey(root: UInt32) -> JourneyRows? {
        for piece in pieces {
            var (low, high) = (0, piece.chunk.count)
            while low < high {
                let middle = (low + high) / 2
                if piece.chunk.roots[middle] < root { low = middle + 1 } else { high = middle }
            }
            if low < piece.chunk.count, piece.chunk.roots[low] == root, !piece.isReplaced(low) { return JourneyRows(piece.chunk, low) }
        }
        return nil
    }
}
