package import EventLog
package import JourneyModel

/// What events say of other events and of which subjects belong together.
extension Timelines {
    /// Applies what an `ops` event says. Names that are not subjects link nothing.
    mutating func follow(
        _ role: EventRole, _ entry: UInt32, _ record: EventRecord, _ bytes: Span<UInt8>, _ touch: (UInt32) -> Void
    ) {
        guard let data = try? JSONValue(bytes.extracting(record.data)) else { return }
        switch role {
        case .plain: return
        case .linked, .unlinked, .merged:
            for pair in pairs(role, data) {
                assertions.append(LinkAssertion(pair: pair, entry: entry, isLink: role != .unlinked))
                link(pair, role != .unlinked, record, touch)
            }
        case .voided, .corrected:
            guard let source = data["target"]?["source"]?.text, let id = data["target"]?["id"]?.text,
                source.utf8.count <= Int(UInt16.max)
            else { return }
            // A correction that brings no data corrects nothing.
            guard role == .voided || data["data"]?.members != nil else { return }
            let (position, time) = (record.position, record.time.microseconds)
            unresolved.append(
                CompensationLedger.Compensation(
                    entry: entry, position: position, time: time, isVoid: role == .voided, source: source, id: id))
        }
    }

    mutating func link(_ pair: LinkGraph.Pair, _ linked: Bool, _ record: EventRecord, _ touch: (UInt32) -> Void) {
        guard pair.lower != pair.upper else { return }
        let change = links.assert(pair, linked: linked, time: record.time.microseconds, position: record.position)
        for component in (change?.before ?? []) + (change?.after ?? []) { touch(component) }
    }

    /// The pairs that an identity event speaks of.
    private mutating func pairs(_ role: EventRole, _ data: JSONValue) -> [LinkGraph.Pair] {
        let (first, others): (String?, [String]) =
            role == .merged
            ? (data["winner"]?.text, data["losers"]?.elements?.compactMap(\.text) ?? [])
            : (data["a"]?.text, [data["b"]?.text].compactMap(\.self))
        guard let winner = symbol(first) else { return [] }
        return others.compactMap { symbol($0) }.filter { $0 != winner }.map { LinkGraph.Pair(winner, $0) }
    }

    private mutating func symbol(_ name: String?) -> UInt32? {
        guard let name else { return nil }
        let utf8 = Array(name.utf8)
        return Subject.fault(utf8.span) == nil ? intern(utf8.span) : nil
    }
}

// MARK: - Compensations

extension Timelines {
    /// What became of an event since it came.
    package enum Standing: Sendable, Equatable {
        case counts
        case voided
        /// It has the data that the correction there brings.
        case corrected(Position)
    }

    /// What became of the event at `position`.
    package func standing(_ position: Position) -> Standing {
        guard let index = entries.index(of: position), !entries.marks.isPlain(index) else { return .counts }
        if ledger.voided.contains(UInt32(index)) { return .voided }
        return ledger.corrections[UInt32(index)].map { .corrected(entries.entry(Int($0)).entry.position) } ?? .counts
    }

    /// Whether there is something for ``compensate(_:touch:)`` to do.
    package var hasCompensations: Bool { !unresolved.isEmpty || !unsettled.isEmpty }

    /// An event has come that a compensation may wait for.
    mutating func arrive(_ entry: UInt32, _ record: EventRecord, _ bytes: Span<UInt8>, _ log: EventLog) {
        let id = String(decoding: bytes.extracting(record.id).bytes(), as: UTF8.self)
        let (met, changed) = ledger.arrive(entry, source: log.source(record, bytes), id: id)
        changedCompensations.formUnion(met)
        unsettled += changed
    }

    /// Follows the compensations that came since the last call.
    ///
    /// - Parameter touch: called with each component whose journey changes.
    /// - Throws: where what they speak of cannot be read.
    /// - Complexity: a look-up and a read a compensation; to void an event that links subjects, a read of each event of these.
    package mutating func compensate(_ log: EventLog, touch: (UInt32) -> Void) throws(LogError) {
        while let compensation = unresolved.first {
            var compensation = compensation
            if let target = try target(of: compensation, log), target <= position {
                compensation.target = entries.index(of: target).map { UInt32($0) }
            }
            unresolved.removeFirst()
            changedCompensations.insert(ledger.all.count)
            unsettled += ledger.add(compensation)
        }
        while let entry = unsettled.last {
            let wasVoided = entries.marks.isVoided(entry)
            try mark(entry, log)
            if wasVoided != ledger.voided.contains(entry) { try relink(entry, log, touch) }
            touch(links.component(of: entries.entry(Int(entry)).subject))
            unsettled.removeLast()
        }
    }

    /// Where the event is that a compensation means; nil where it has not come, or is parked and comes when it can be read.
    private func target(of compensation: CompensationLedger.Compensation, _ log: EventLog) throws(LogError) -> Position? {
        do throws(LogError) {
            return try log.position(source: compensation.source, id: compensation.id)
        } catch {
            guard case .damaged(let place, _) = error, parked.contains(where: { $0.position == place }) else { throw error }
            return nil
        }
    }

    /// Notes what holds of an entry where it is read.
    mutating func mark(_ entry: UInt32, _ log: EventLog) throws(LogError) {
        var corrected: Entry?
        if let correction = ledger.corrections[entry] {
            corrected = try self.corrected(entries.entry(Int(entry)).entry, by: entries.entry(Int(correction)).entry.position, log)
        }
        entries.marks.set(entry, isVoided: ledger.voided.contains(entry), corrected: corrected)
    }

    /// `entry` with what the data of the correction at `position` says.
    private mutating func corrected(_ entry: Entry, by position: Position, _ log: EventLog) throws(LogError) -> Entry? {
        guard let facts = facts(entry.type) else { return nil }
        var result: Entry?
        try log.read(after: position - 1) { (record, bytes) in
            if record.position == position, let data = record.correctedData(bytes) {
                result = self.entry(entry.time, entry.position, entry.type, bytes, data, facts)
            }
            return false
        }
        return result
    }

    /// Works out again the links that the event of an entry asserts, which counts no more, or again.
    private mutating func relink(_ entry: UInt32, _ log: EventLog, _ touch: (UInt32) -> Void) throws(LogError) {
        var pairs = Set(assertions.lazy.filter { $0.entry == entry }.map(\.pair))
        if let pair = try accountPair(Int(entry), log) { pairs.insert(pair) }
        for pair in pairs.sorted(by: { $0.key < $1.key }) {
            var latest = LinkGraph.Assertions()
            for assertion in assertions where assertion.pair == pair && !ledger.voided.contains(assertion.entry) {
                let said = entries.entry(Int(assertion.entry)).entry
                if assertion.isLink { latest.link(said.time, said.position) } else { latest.unlink(said.time, said.position) }
            }
            var indices: [(index: Int, entry: Entry)] = []
            for subject in [pair.lower, pair.upper] { entries.eachThatCounts(subject) { indices.append(($0, $1)) } }
            for (index, said) in indices where try accountPair(index, log) == pair { latest.link(said.time, said.position) }
            let change = links.set(pair, latest)
            for component in (change?.before ?? []) + (change?.after ?? []) { touch(component) }
        }
    }

    /// The pair of the entry's subject and the account that its event names.
    private func accountPair(_ index: Int, _ log: EventLog) throws(LogError) -> LinkGraph.Pair? {
        let stored = entries.entry(index)
        var pair: LinkGraph.Pair?
        try log.read(after: stored.entry.position - 1) { (record, bytes) in
            if record.position == stored.entry.position, !record.account.isEmpty,
                let account = subjects.symbol(bytes.extracting(record.account)), account != stored.subject
            {
                pair = LinkGraph.Pair(stored.subject, account)
            }
            return false
        }
        return pair
    }
}

extension EventRecord {
    /// Where in the record of a correction the data is that it brings; nil where it brings none.
    package func correctedData(_ bytes: Span<UInt8>) -> Range<Int>? {
        guard !data.isEmpty else { return nil }
        var start = data.lowerBound
        var found: Range<Int>?
        try? JSONScanner.members(bytes, &start, depth: 0) { (key, index) throws(JSONFault) in
            let begin = index
            try JSONScanner.skipValue(bytes, &index)
            if JSONText.equals(bytes, key, "data"), bytes[begin] == UInt8(ascii: "{"), found == nil { found = begin..<index }
        }
        return found
    }
}
