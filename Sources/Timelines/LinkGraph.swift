internal import JourneyModel

/// Which subjects belong to one journey: the connected components of the links between them.
///
/// A link is asserted by events and can be taken back by events; for each pair the latest assertion by (time, position)
/// holds, so the graph does not depend on the order of arrival. Cost: about 60 bytes a link and 12 a subject; asserting what already holds is
/// mostly one look at each end; joining walks the smaller component; parting walks the component once.
package struct LinkGraph: Sendable {
    /// The latest assertions about a pair.
    struct Assertions: Sendable, Equatable {
        var linkedTime = Int64.min
        var linkedPosition: Position = 0
        var unlinkedTime = Int64.min
        var unlinkedPosition: Position = 0

        var holds: Bool { (linkedTime, linkedPosition) > (unlinkedTime, unlinkedPosition) }
    }

    /// Two subjects, the lower first.
    struct Pair: Hashable, Sendable {
        let key: UInt64

        init(key: UInt64) {
            self.key = key
        }

        init(_ first: UInt32, _ second: UInt32) {
            key = UInt64(min(first, second)) << 32 | UInt64(max(first, second))
        }

        var lower: UInt32 { UInt32(key >> 32) }
        var upper: UInt32 { UInt32(truncatingIfNeeded: key) }

        /// The one that is not `subject`.
        func other(than subject: UInt32) -> UInt32 { subject == lower ? upper : lower }
    }

    /// A subject's place in the graph.
    private struct Node: Sendable {
        /// The component that it is in, named by one of its members.
        var component: UInt32
        /// The next member of the component, which is a ring.
        var next: UInt32
        /// The link that was first heard of last, plus one.
        var newest: UInt32
    }

    private var links = LinkTable()
    // By subject; one behind the end is alone.
    private var nodes: [Node] = []

    package init() {}

    /// The component that `subject` belongs to.
    package func component(of subject: UInt32) -> UInt32 {
        Int(subject) < nodes.count ? nodes[Int(subject)].component : subject
    }

    /// Calls `body` with each subject of the component that `subject` belongs to.
    package func eachMember(of subject: UInt32, _ body: (UInt32) -> Void) {
        guard Int(subject) < nodes.count else { return body(subject) }
        var member = subject
        repeat {
            body(member)
            member = nodes[Int(member)].next
        } while member != subject
    }

    /// The subjects of the component that `subject` belongs to.
    package func members(of subject: UInt32) -> [UInt32] {
        var members: [UInt32] = []
        eachMember(of: subject) { members.append($0) }
        return members
    }

    /// The other end of a link of `subject`, the one that was first heard of last; nil where there was never one.
    func newestNeighbour(of subject: UInt32) -> UInt32? {
        guard Int(subject) < nodes.count, nodes[Int(subject)].newest != 0 else { return nil }
        return links.pair(nodes[Int(subject)].newest - 1).other(than: subject)
    }

    /// The links that were asserted anew since this was last called, in the order of their pairs, and what is asserted of each.
    mutating func takeChanges() -> [(pair: Pair, latest: Assertions)] {
        links.takeChanges().map { (links.pair($0), links.latest(of: $0)) }.sorted { $0.0.key < $1.0.key }
    }

    /// Has the pair's link among the changes again.
    mutating func markChanged(_ pair: Pair) {
        if let link = find(pair) { links.markChanged(link) }
    }

    /// Has all links among the changes again.
    mutating func markAllChanged() {
        for link in 0..<UInt32(links.count) { links.markChanged(link) }
    }

    /// Takes an assertion about two subjects into account.
    ///
    /// - Returns: the components that were, and those that are now, where that changed anything.
    mutating func assert(_ pair: Pair, linked: Bool, time: Int64, position: Position) -> (before: [UInt32], after: [UInt32])? {
        let link = link(pair)
        var latest = links.latest(of: link)
        if linked, (time, position) > (latest.linkedTime, latest.linkedPosition) {
            (latest.linkedTime, latest.linkedPosition) = (time, position)
        } else if !linked, (time, position) > (latest.unlinkedTime, latest.unlinkedPosition) {
            (latest.unlinkedTime, latest.unlinkedPosition) = (time, position)
        } else {
            return nil
        }
        return set(link, latest)
    }

    /// Sets what is asserted of a pair, whatever was.
    ///
    /// - Returns: as ``assert(_:linked:time:position:)``.
    mutating func set(_ pair: Pair, _ latest: Assertions) -> (before: [UInt32], after: [UInt32])? {
        set(link(pair), latest)
    }

    private mutating func set(_ link: UInt32, _ latest: Assertions) -> (before: [UInt32], after: [UInt32])? {
        let held = links.latest(of: link).holds
        links.set(link, latest)
        guard latest.holds != held else { return nil }
        return latest.holds ? connect(links.pair(link)) : disconnect(links.pair(link))
    }

    private func find(_ pair: Pair) -> UInt32? {
        // Most say again what their subject said before, which spares the search.
        for end in [pair.lower, pair.upper] where Int(end) < nodes.count {
            let newest = nodes[Int(end)].newest
            if newest != 0, links.pair(newest - 1) == pair { return newest - 1 }
        }
        return links.find(pair)
    }

    /// The link of a pair, made now where there is none.
    private mutating func link(_ pair: Pair) -> UInt32 {
        if let link = find(pair) { return link }
        while nodes.count <= pair.upper {
            let subject = UInt32(nodes.count)
            nodes.append(Node(component: subject, next: subject, newest: 0))
        }
        let (lower, upper) = (Int(pair.lower), Int(pair.upper))
        let link = links.add(pair, before: (nodes[lower].newest, nodes[upper].newest))
        (nodes[lower].newest, nodes[upper].newest) = (link + 1, link + 1)
        return link
    }

    private mutating func connect(_ pair: Pair) -> (before: [UInt32], after: [UInt32])? {
        let (first, second) = (component(of: pair.lower), component(of: pair.upper))
        guard first != second else { return nil }
        let (kept, moved) = isSmaller(first, than: second) ? (second, first) : (first, second)
        for member in members(of: moved) { nodes[Int(member)].component = kept }
        // Two rings become one where a member of each changes its next with the other's.
        (nodes[Int(kept)].next, nodes[Int(moved)].next) = (nodes[Int(moved)].next, nodes[Int(kept)].next)
        return ([first, second], [kept])
    }

    /// Walks both components side by side, which takes as long as the smaller one does.
    private func isSmaller(_ first: UInt32, than second: UInt32) -> Bool {
        var (left, right) = (first, second)
        while true {
            (left, right) = (nodes[Int(left)].next, nodes[Int(right)].next)
            if right == second { return false }
            if left == first { return true }
        }
    }

    private mutating func disconnect(_ pair: Pair) -> (before: [UInt32], after: [UInt32])? {
        let old = component(of: pair.lower)
        let part = reachable(from: pair.lower)
        guard !part.contains(pair.upper) else { return nil }
        let rest = members(of: old).filter { !part.contains($0) }
        return ([old], [name(Array(part)), name(rest)])
    }

    /// Makes `subjects` a component of its own.
    private mutating func name(_ subjects: [UInt32]) -> UInt32 {
        let sorted = subjects.sorted()
        for (member, next) in zip(sorted, sorted.dropFirst() + sorted.prefix(1)) {
            (nodes[Int(member)].component, nodes[Int(member)].next) = (sorted[0], next)
        }
        return sorted[0]
    }

    private func reachable(from start: UInt32) -> Set<UInt32> {
        var seen: Set<UInt32> = [start]
        var next = [start]
        while let subject = next.popLast() {
            var link = nodes[Int(subject)].newest
            while link != 0 {
                let other = links.pair(link - 1).other(than: subject)
                if links.latest(of: link - 1).holds, seen.insert(other).inserted { next.append(other) }
                link = links.before(link - 1, of: subject)
            }
        }
        return seen
    }
}
