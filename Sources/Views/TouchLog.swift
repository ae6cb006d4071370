/// Which journeys have changed, for those who keep something of each: read from a place on, as a log is.
///
/// Memory: 4 bytes a change, a million changes at most; who has fallen further behind looks at all journeys anew.
struct TouchLog: Sendable {
    private static let capacity = 1 << 20

    // The number of the first change that is kept.
    private var first = 0
    private var components: [UInt32] = []

    /// The number of the next change.
    var end: Int { first + components.count }

    mutating func add(_ component: UInt32) {
        components.append(component)
    }

    /// Forgets the older half of what is too much.
    mutating func trim() {
        guard components.count > TouchLog.capacity else { return }
        let half = components.count / 2
        components.removeFirst(half)
        first += half
    }

    /// The changes from `number` on; nil where some of them are not kept any more.
    func changes(since number: Int) -> ArraySlice<UInt32>? {
        number < first ? nil : components[(number - first)...]
    }
}
