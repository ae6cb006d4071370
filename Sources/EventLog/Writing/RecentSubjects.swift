internal import JourneyModel

/// Whose the last million events are: with an index that lags a little, it answers what a subject's last position is.
///
/// A ring of 8 bytes an event, 8 MiB when full. A subject is known by its keyed hash; two in 2⁶⁴ would be taken for one.
struct RecentSubjects {
    static let capacity = 1 << 20

    private var hashes: [UInt64] = []
    private(set) var last: Position
    private var count = 0

    /// Begins empty behind `position`.
    init(after position: Position) {
        last = position
    }

    /// Adds the subject of the event behind the last.
    mutating func add(_ subject: UInt64) {
        last += 1
        let slot = Int(last % Position(RecentSubjects.capacity))
        if hashes.isEmpty { hashes = Array(repeating: 0, count: RecentSubjects.capacity) }
        hashes[slot] = subject
        count = min(count + 1, RecentSubjects.capacity)
    }

    /// Forgets the events behind `position`, which were not stored after all.
    mutating func takeBack(to position: Position) {
        count = max(0, count - Int(last - position))
        last = position
    }

    /// Whether it knows all events behind `position`.
    func reaches(back position: Position) -> Bool { position + Position(count) >= last }

    /// The last position behind `start` whose subject has this hash.
    func lastPosition(_ subject: UInt64, after start: Position) -> Position? {
        var position = last
        while position > start {
            if hashes[Int(position % Position(RecentSubjects.capacity))] == subject { return position }
            position -= 1
        }
        return nil
    }
}
