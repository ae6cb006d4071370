package import JourneyModel

extension EventLog {
    /// The number that an event's source and id stand for in this log: the same in each of its lives, another one in every other log. A hint, as
    /// two events may have the same.
    package func identity(source: Span<UInt8>, id: Span<UInt8>) -> UInt64 {
        unsafe source.withUnsafeBytes { source in unsafe id.withUnsafeBytes { id in unsafe hash(source: source, id: id) } }
    }

    /// Where the event with this source and id is; nil where none is stored.
    ///
    /// Waits for the writer, as only it knows the last events: not for an event loop.
    /// - Complexity: a look-up in memory, or one page a run. While the log takes no events, a walk over those that no run covers.
    package func position(source: String, id: String) throws(LogError) -> Position? {
        let (source, id) = (Array(source.utf8), Array(id.utf8))
        let identity = identity(source: source.span, id: id.span)
        // The writer first: what it hands over to the runs meanwhile is then found in them.
        var candidates = latest(identity)
        let covered = runs.snapshot
        if candidates == nil {
            candidates = try walk(after: max(runs.covered ?? 0, first - 1), identity)
        }
        var all = candidates ?? []
        try covered.each(identity) { all.append($0) }
        for position in all where position >= first {
            var isFound = false
            try readStored(after: position - 1) { (record, bytes) in
                isFound =
                    bytes.extracting(record.id).bytes() == id && Array(self.source(record, bytes).utf8) == source
                    && record.position == position
                return false
            }
            if isFound { return position }
        }
        return nil
    }

    /// The positions behind `position` whose events have this identity: of those that can be read.
    private func walk(after position: Position, _ identity: UInt64) throws(LogError) -> [Position] {
        var found: [Position] = []
        try readOn(after: position, asStored: true, passing: { (_, _) in true }) { (record, bytes) in
            if self.identity(record, bytes) == identity { found.append(record.position) }
            return true
        }
        return found
    }

    /// The positions that the writer's table has under `identity`; nil where there is no writer to ask.
    private func latest(_ identity: UInt64) -> [Position]? {
        guard readOnlyReason == nil else { return nil }
        let arrival = Arrival<[Position]>()
        do throws(LogError) {
            try writer.submit(AppendRequest(order: .find(identity) { arrival.come($0) }) { _ in })
        } catch {
            return nil
        }
        return arrival.wait()
    }
}
