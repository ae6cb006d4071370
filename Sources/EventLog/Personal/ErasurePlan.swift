internal import Crypto
package import JourneyModel

/// What erasing a journey would do.
package struct ErasurePlan: Equatable, Sendable {
    /// The subjects whose keys would be destroyed, as records name them.
    package let subjects: [String]
    /// Where their events are.
    package let positions: [Position]
    /// How many of the events have personal data that can still be read.
    package let personalEvents: Int
    /// Names this plan and no other: who gives it back has seen what would be erased.
    package let token: String
    let points: [UInt64]
}

extension EventLog {
    /// Plans the erasure of what is personal in the events of some subjects, which make up a journey.
    ///
    /// - Parameters:
    ///   - subjects: as records name them.
    ///   - positions: where their events are.
    /// - Throws: ``LogError/unusable(_:)`` where personal data is not encrypted, so that there is no key to destroy.
    /// - Complexity: O(positions), a few microseconds each.
    package func erasurePlan(subjects: [String], positions: [Position]) throws(LogError) -> ErasurePlan {
        guard let keys else {
            throw .unusable(keysFault ?? "personal data is not encrypted in this log (log: encrypt), so that it cannot be erased")
        }
        let subjects = subjects.sorted()
        let points = subjects.map { name in
            let name = Array(name.utf8)
            return KeyRing.point(pseudonym: name.span) ?? keys.point(name.span)
        }
        var personalEvents = 0
        for position in positions {
            try withRecord(position) { (record, bytes) throws(LogError) in
                if !record.sealed.isEmpty, try opened(record, bytes) != nil { personalEvents += 1 }
            }
        }
        // The keys' own digest: once they are gone, the plan is another one.
        var text = "erase \(epochs.log.text) \(subjects) \(positions)"
        for key in keys.keys(points) { text += " \(SHA256.hash(data: key))" }
        let token = SHA256.hash(data: Array(text.utf8)).prefix(16).hexadecimal
        return ErasurePlan(subjects: subjects, positions: positions, personalEvents: personalEvents, token: token, points: points)
    }

    /// Destroys the keys that `plan` names, between two commits: what comes later is sealed with new ones. Durable when it returns.
    ///
    /// Not for an event loop.
    /// - Throws: where the key store cannot be written; nothing is erased then.
    package func erase(_ plan: ErasurePlan) throws(LogError) {
        let arrival = Arrival<Result<AppendOutcome, AppendFailure>>()
        try append(AppendRequest(order: .erase(plan)) { arrival.come($0) })
        if case .failure(.log(let error)) = arrival.wait() { throw error }
    }

    /// The personal texts of these events, and the keys that they are sealed with: what must not be found anywhere afterwards.
    ///
    /// Texts of fewer than ``RawScan/minimumLength`` bytes are left out, as they would be found by chance.
    package func personalTexts(_ plan: ErasurePlan) throws(LogError) -> RawScan.Patterns {
        var patterns = RawScan.Patterns()
        for position in plan.positions {
            try withRecord(position) { (record, bytes) throws(LogError) in
                guard !record.sealed.isEmpty, let opened = try opened(record, bytes) else { return }
                if record.subjectIsPseudonym { patterns.add(opened.subject, .name) }
                for value in opened.originals { patterns.add(json: value.span) }
            }
        }
        for key in keys?.keys(plan.points) ?? [] { patterns.add(key, .key) }
        return patterns
    }

    private func withRecord(
        _ position: Position, _ body: (_ record: EventRecord, _ bytes: Span<UInt8>) throws(LogError) -> Void
    ) throws(LogError) {
        guard position >= first, position <= tail else { return }
        var failure: LogError?
        try read(after: position - 1) { (record, bytes) in
            do throws(LogError) { if record.position == position { try body(record, bytes) } } catch { failure = error }
            return false
        }
        if let failure { throw failure }
    }
}
