/// Reads CloudEvents 1.0 in JSON (structured mode) in one walk over the bytes, checks them, and adds them to a batch.
///
/// Cost: about two nanoseconds a byte; nothing is allocated for an event that is in order.
package struct EventReader: Sendable {
    private let catalogue: EventCatalogue
    private let limits: EventLimits
    private let quarantine: Set<[UInt8]>

    /// - Parameter quarantine: sources whose events are taken although their data breaks the schema of its type.
    package init(catalogue: EventCatalogue, limits: EventLimits = EventLimits(), quarantine: Set<String> = []) {
        self.catalogue = catalogue
        self.limits = limits
        self.quarantine = Set(quarantine.map { Array($0.utf8) })
    }

    /// Reads one event, alone in `text`, and appends it to `batch`.
    ///
    /// - Parameter receivedAt: the event's time where it names none.
    /// - Throws: what is wrong; `batch` is then as it was before.
    package func read(_ text: Span<UInt8>, receivedAt: Timestamp, into batch: inout EventBatch) throws(EventFault) {
        var index = 0
        JSONScanner.skipWhitespace(text, &index)
        try readNext(text, &index, pointer: "", receivedAt: receivedAt, into: &batch)
        JSONScanner.skipWhitespace(text, &index)
        guard index == text.count else {
            batch.dropLast()
            throw .malformed(JSONFault(offset: index, reason: "text after the event"))
        }
    }

    /// Reads an array of events and appends them to `batch`.
    ///
    /// - Parameter maximum: how many events it may hold.
    /// - Throws: what is wrong with the first event that is wrong, with a pointer from the array's root.
    package func readArray(
        _ text: Span<UInt8>, maximum: Int, receivedAt: Timestamp, into batch: inout EventBatch
    ) throws(EventFault) {
        var index = 0
        var fault: EventFault?
        do throws(JSONFault) {
            JSONScanner.skipWhitespace(text, &index)
            try JSONScanner.elements(text, &index, depth: 0) { (number, index) throws(JSONFault) in
                do throws(EventFault) {
                    guard number < maximum else { throw .tooLarge("the array holds more than \(maximum) events") }
                    try readNext(text, &index, pointer: "/\(number)", receivedAt: receivedAt, into: &batch)
                } catch {
                    fault = error
                    throw JSONFault(offset: index, reason: "stopped")
                }
            }
            JSONScanner.skipWhitespace(text, &index)
            guard index == text.count else { throw JSONFault(offset: index, reason: "text after the array") }
        } catch {
            throw fault ?? .malformed(error)
        }
    }

    private func readNext(
        _ text: Span<UInt8>, _ index: inout Int, pointer: String, receivedAt: Timestamp, into batch: inout EventBatch
    ) throws(EventFault) {
        let start = index
        let before = (bytes: batch.bytes.count, personal: batch.personal.count)
        var walk = Walk(catalogue: catalogue, batch: batch.bytes.count)
        do throws(JSONFault) {
            guard index < text.count, text[index] == UInt8(ascii: "{") else {
                try JSONScanner.skipValue(text, &index)
                throw JSONFault(offset: -1, reason: "")
            }
            try JSONScanner.members(text, &index, depth: 1) { (key, index) throws(JSONFault) in
                try walk.member(text, key, &index, into: &batch)
            }
            try walk.finish(text, receivedAt: receivedAt, into: &batch)
        } catch {
            batch.refuse(walk.draft, bytes: before.bytes, personal: before.personal)
            guard error.offset >= 0 else { throw .invalid([Violation(pointer: pointer, detail: "is not a JSON object")]) }
            throw .malformed(error)
        }
        walk.checkLengths(limits)
        if let size = walk.size(of: index - start, limits) {
            batch.refuse(walk.draft, bytes: before.bytes, personal: before.personal)
            throw .tooLarge(pointer.isEmpty ? size : "\(pointer): \(size)")
        }
        let isQuarantined = walk.isQuarantinable && quarantine.contains(Array(batch.bytes[walk.draft.source.range]))
        guard walk.findings.violations.isEmpty || isQuarantined else {
            batch.refuse(walk.draft, bytes: before.bytes, personal: before.personal)
            throw .invalid(
                walk.findings.violations.map { Violation(pointer: pointer + $0.pointer, detail: $0.detail, code: $0.code) })
        }
        do throws(JSONFault) { try walk.findPersonal(in: &batch) } catch { throw .malformed(error) }
        if isQuarantined {
            walk.setQuarantined()
            batch.quarantined += 1
        }
        batch.drafts.append(walk.draft)
    }
}
