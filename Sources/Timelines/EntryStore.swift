internal import JourneyModel

/// The entries of all subjects in the order of their coming, linked by subject: the last ones in memory, all others in a file.
///
/// Memory: 4 bytes a subject, and at most ``tailCapacity`` entries of 48 bytes. An entry is read in a few nanoseconds, or a cache miss.
/// A value: a copy reads what was there when it was made; only one may go on.
struct EntryStore: Sendable {
    /// So many entries are gathered before they are written.
    private static let tailCapacity = 1 << 16

    /// By subject: the number of its last entry, plus one; zero where it has none.
    private var heads: [UInt32] = []
    private var tail: [StoredEntry] = []
    let file: EntryFile?
    private var map: EntryFile.Map?
    private var written = 0
    // By position, the entries that came behind others further on in the log, as they could not be read before; and the furthest position.
    private var late: [Position: Int] = [:]
    private var furthest: Position = 0
    /// What compensations make of entries.
    var marks = EntryMarks()

    /// - Parameter file: where entries go that are not the last; nil to keep all in memory.
    init(file: EntryFile? = nil) {
        self.file = file
    }

    /// How many entries there are.
    var count: Int { written + tail.count }

    /// How many subjects there are.
    var subjectCount: Int { heads.count }

    /// Adds a subject without entries.
    mutating func addSubject() {
        heads.append(0)
    }

    /// Adds the next entry of a subject.
    mutating func append(_ entry: Entry, of subject: UInt32) {
        note(entry.position, count)
        tail.append(StoredEntry(entry, subject: subject, previous: heads[Int(subject)]))
        heads[Int(subject)] = UInt32(count)
        // Where it cannot be written, because the disk is full, it is tried again with the next so many.
        if tail.count % EntryStore.tailCapacity == 0 { spill() }
    }

    /// Calls `body` with a subject's entries that count, as they count, the last that came first.
    func eachThatCounts(_ subject: UInt32, _ body: (_ index: Int, _ entry: Entry) -> Void) {
        var next = heads[Int(subject)]
        while next > 0 {
            let index = Int(next) - 1
            let stored = entry(index)
            if marks.isPlain(index) {
                body(index, stored.entry)
            } else if let entry = marks.entry(index, stored.entry) {
                body(index, entry)
            }
            next = stored.previous
        }
    }

    private mutating func note(_ position: Position, _ index: Int) {
        if position < furthest { late[position] = index } else { furthest = position }
    }

    /// The position of an entry, or where it is a late one that of the last before it that is not: these ascend.
    private func order(_ index: Int) -> Position {
        var index = index
        while !late.isEmpty, late[entry(index).entry.position] == index { index -= 1 }
        return entry(index).entry.position
    }

    /// The entry of the event at `position`; nil where there is none. O(1) where there are no gaps; O(log n) where there are.
    func index(of position: Position) -> Int? {
        if let known = late[position] { return known }
        guard count > 0, position >= entry(0).entry.position else { return nil }
        var (low, high) = (0, count)
        let guess = Int(position - entry(0).entry.position)
        if guess < count, entry(guess).entry.position == position { return guess }
        while low < high {
            let middle = (low + high) / 2
            if order(middle) < position { low = middle + 1 } else { high = middle }
        }
        return low < count && entry(low).entry.position == position ? low : nil
    }

    /// Calls `body` with all of a subject's entries as they came, the last that came first.
    func each(_ subject: UInt32, _ body: (Entry) -> Void) {
        var next = heads[Int(subject)]
        while next > 0 {
            let stored = entry(Int(next) - 1)
            body(stored.entry)
            next = stored.previous
        }
    }

    /// Writes all entries to the file.
    ///
    /// - Returns: whether all of them are there.
    @discardableResult
    mutating func spill() -> Bool {
        guard let file, !tail.isEmpty else { return tail.isEmpty }
        guard file.write(tail, at: written) else { return false }
        if (map?.capacity ?? 0) < count {
            guard let larger = file.map(count) else { return false }
            map = larger
        }
        written += tail.count
        tail.removeAll(keepingCapacity: true)
        return true
    }

    /// Takes the first `count` entries of the file back in.
    ///
    /// - Parameter learn: called with each.
    /// - Returns: false where one of them is not what was written.
    mutating func restore(_ count: Int, _ learn: (Entry) -> Void) -> Bool {
        guard count > 0 else { return true }
        guard let file, count <= file.count, let map = file.map(count) else { return false }
        for index in 0..<count {
            guard map.isIntact(index) else { return false }
            let stored = map.entry(index)
            guard stored.subject < heads.count, stored.previous == heads[Int(stored.subject)] else { return false }
            heads[Int(stored.subject)] = UInt32(index + 1)
            note(stored.entry.position, index)
            learn(stored.entry)
        }
        (self.map, written) = (map, count)
        return true
    }

    /// The entry at `index` as it came.
    func entry(_ index: Int) -> StoredEntry {
        guard index < written, let map else { return tail[index - written] }
        return map.entry(index)
    }
}
