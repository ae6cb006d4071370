internal import JourneyModel

/// Which subjects belong to one journey: the connected components of the links between them.
///
/// A link is asserted by events and can be taken back by events; for each pair the latest assertion by (time, position)
/// holds, so the graph does not depend on the order of arrival. Cost: about 80 bytes a link; asserting what already holds is one
/// dictionary look-up; joining moves the smaller component; parting walks the component once.
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
    }

    private(set) var assertions: [Pair: Assertions] = [:]
    private var neighbours: [UInt32: [UInt32]] = [:]
    // By subject, the component that it is in, named by one of its members, plus one; zero, or nothing, for a subject that is alone.
    private var component: [UInt32] = []
    private var members: [UInt32: [UInt32]] = [:]

    package init() {}

    /// The component that `subject` belongs to.
    package func component(of subject: UInt32) -> UInt32 {
        guard Int(subject) < component.count, component[Int(subject)] != 0 else { return subject }
        return component[Int(subject)] - 1
    }

    private mutating func put(_ subject: UInt32, in name: UInt32?) {
        while component.count <= Int(subject) { component.append(0) }
        component[Int(subject)] = name.map { $0 + 1 } ?? 0
    }

    /// The subjects of a component.
    package func members(of component: UInt32) -> [UInt32] {
        members[component] ?? [component]
    }

    /// Takes an assertion about two subjects into account.
    ///
    /// - Returns: the components that were, and those that are now, where that changed anything.
    mutating func assert(_ pair: Pair, linked: Bool, time: Int64, position: Position) -> (before: [UInt32], after: [UInt32])? {
        var current = assertions[pair] ?? Assertions()
        let held = current.holds
        if linked, (time, position) > (current.linkedTime, current.linkedPosition) {
            (current.linkedTime, current.linkedPosition) = (time, position)
        } else if !linked, (time, position) > (current.unlinkedTime, current.unlinkedPosition) {
            (current.unlinkedTime, current.unlinkedPosition) = (time, position)
        } else {
            return nil
        }
        return set(pair, current, held)
    }

    /// Sets what is asserted of a pair, whatever was.
    ///
    /// - Returns: as ``assert(_:linked:time:position:)``.
    mutating func set(_ pair: Pair, _ latest: Assertions) -> (before: [UInt32], after: [UInt32])? {
        set(pair, latest, assertions[pair]?.holds ?? false)
    }

    private mutating func set(_ pair: Pair, _ latest: Assertions, _ held: Bool) -> (before: [UInt32], after: [UInt32])? {
        assertions[pair] = latest
        guard latest.holds != held else { return nil }
        return latest.holds ? connect(pair) : disconnect(pair)
    }

    /// Takes stored assertions back in, when the graph is built again.
    mutating func restore(_ pair: Pair, _ stored: Assertions) {
        assertions[pair] = stored
        if stored.holds { _ = connect(pair) }
    }

    private mutating func connect(_ pair: Pair) -> (before: [UInt32], after: [UInt32])? {
        neighbours[pair.lower, default: []].append(pair.upper)
        neighbours[pair.upper, default: []].append(pair.lower)
        let (first, second) = (component(of: pair.lower), component(of: pair.upper))
        guard first != second else { return nil }
        let (firstMembers, secondMembers) = (members(of: first), members(of: second))
        let (kept, moved) = firstMembers.count >= secondMembers.count ? (first, secondMembers) : (second, firstMembers)
        for subject in moved { put(subject, in: kept) }
        put(kept, in: kept)
        members[kept] = members(of: kept) + moved
        members[kept == first ? second : first] = nil
        return ([first, second], [kept])
    }

    private mutating func disconnect(_ pair: Pair) -> (before: [UInt32], after: [UInt32])? {
        neighbours[pair.lower]?.removeAll { $0 == pair.upper }
        neighbours[pair.upper]?.removeAll { $0 == pair.lower }
        let old = component(of: pair.lower)
        let all = members(of: old)
        let part = reachable(from: pair.lower)
        guard part.count < all.count else { return nil }
        members[old] = nil
        let rest = all.filter { !part.contains($0) }
        let after = [name(Array(part)), name(rest)]
        return ([old], after)
    }

    /// Makes `subjects` a component of its own.
    private mutating func name(_ subjects: [UInt32]) -> UInt32 {
        let sorted = subjects.sorted()
        let name = sorted[0]
        guard sorted.count > 1 else {
            put(name, in: nil)
            return name
        }
        for subject in sorted { put(subject, in: name) }
        members[name] = sorted
        return name
    }

    private func reachable(from start: UInt32) -> Set<UInt32> {
        var seen: Set<UInt32> = [start]
        var next = [start]
        while let subject = next.popLast() {
            for neighbour in neighbours[subject] ?? [] where seen.insert(neighbour).inserted { next.append(neighbour) }
        }
        return seen
    }
}
